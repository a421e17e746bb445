// dist/licences.json: the packages that this program is made of, with their licences. Exactly those that bundlers took from, and
// those that go along as files.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const dist = path.join(root, 'dist');
const file = path.join(dist, 'licences.json');
/** Each names the packages that went into what it stands for. */
const stamps = ['bundle.json', 'pages.json'].map((name) => path.join(dist, name));

/** Names of licence files. */
export const licenceFile = /^(licen[cs]e|notice|copying)/i;

/** The folder of the package a file of node_modules belongs to, both relative to the checkout. */
export function packageOf(relative) {
  const parts = relative.split(path.sep).join('/').split('/');
  const at = parts.lastIndexOf('node_modules') + 1;
  return parts.slice(0, at + (parts[at].startsWith('@') ? 2 : 1)).join('/');
}

/** Folders of the packages that these files belong to; files of our own are left out. */
export const packagesOf = (files) =>
  [...new Set(files.filter((f) => /(^|[\\/])node_modules[\\/]/.test(f)).map(packageOf))].sort();

function licenceOf(folder) {
  const whole = path.join(root, folder);
  const { name, version, license, licenses } = JSON.parse(fs.readFileSync(path.join(whole, 'package.json'), 'utf8'));
  const texts = fs.readdirSync(whole).filter((f) => licenceFile.test(f) && fs.statSync(path.join(whole, f)).isFile());
  return {
    name,
    version,
    licence: typeof license === 'string' ? license : (license?.type ?? licenses?.map((l) => l.type).join(', ') ?? ''),
    text: texts.map((f) => fs.readFileSync(path.join(whole, f), 'utf8').trim()).join('\n\n'),
  };
}

const time = (f) => fs.statSync(f, { throwIfNoEntry: false })?.mtimeMs ?? 0;

export const licencesAreFresh = () => time(file) > 0 && stamps.every((stamp) => time(stamp) <= time(file));

/** Writes it anew where a bundle is newer. */
export async function makeLicences() {
  if (licencesAreFresh()) return;
  const { companions, traced } = await import('./package-parts.mjs');
  const bundled = stamps.flatMap((stamp) =>
    fs.existsSync(stamp) ? JSON.parse(fs.readFileSync(stamp, 'utf8')).packages : [],
  );
  const folders = new Set([...bundled, ...packagesOf(await traced()), ...companions, 'node_modules/electron']);
  const list = [...folders].filter((f) => fs.existsSync(path.join(root, f, 'package.json'))).map(licenceOf);
  const apache = list.find((l) => l.licence === 'Apache-2.0' && l.text.includes('TERMS AND CONDITIONS'))?.text ?? '';
  for (const entry of list) if (!entry.text && entry.licence.includes('Apache-2.0')) entry.text = apache;
  list.sort((a, b) => a.name.localeCompare(b.name, 'en'));
  fs.writeFileSync(`${file}.${process.pid}.tmp`, JSON.stringify(list));
  fs.renameSync(`${file}.${process.pid}.tmp`, file);
}
