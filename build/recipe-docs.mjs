// `npm run docs`: docs/recipe.md out of the recipe's schema, so that the page cannot say anything else than the program checks.
// With --check it writes nothing and ends with 1 when the page is not what would be written.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.mjs';

const page = path.join(root, 'docs', 'recipe.md');

/** The schema as JSON schema: types, bounds, defaults, and each field's own title, help, unit and formula. */
async function recipeJsonSchema() {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { z } from 'zod';
        import { recipeSchema } from './contract/recipe.ts';
        export default z.toJSONSchema(recipeSchema, { io: 'input' });`,
      resolveDir: root,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'error',
  });
  return (await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`))
    .default;
}

/** Of numbers; the bounds of all machine integers are none. */
function bounds(s) {
  const low =
    s.exclusiveMinimum !== undefined ? `> ${s.exclusiveMinimum}` : s.minimum !== undefined ? `≥ ${s.minimum}` : '';
  const high =
    s.exclusiveMaximum !== undefined ? `< ${s.exclusiveMaximum}` : s.maximum !== undefined ? `≤ ${s.maximum}` : '';
  return [low, high].filter((b) => b && !b.includes(String(Number.MAX_SAFE_INTEGER))).join(', ');
}

function typeText(s) {
  const either = s.anyOf ?? s.oneOf;
  if (either) return either.map(typeText).join(' or ');
  if ('const' in s) return JSON.stringify(s.const).replaceAll('"', '');
  if (s.enum) return s.enum.join(' or ');
  if (s.type === 'array' && s.prefixItems)
    return `list of ${s.prefixItems.length}: ${s.prefixItems.map(typeText).join('; ')}`;
  if (s.type === 'array') {
    const count = [s.minItems, s.maxItems].filter((n) => n !== undefined).join(' to ');
    return `list${count && s.maxItems ? ` of ${count}` : ''}: ${typeText(s.items)}`;
  }
  if (s.type === 'integer' || s.type === 'number') {
    const range = bounds(s);
    return `${s.type === 'integer' ? 'whole number' : 'number'}${range && ` ${range}`}`;
  }
  return { string: 'text', boolean: 'true or false', null: 'null' }[s.type] ?? s.type;
}

const cell = (text) => String(text).replaceAll('|', '\\|');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

function fieldRow(name, s) {
  const unit = s.unit ? `, ${s.unit}` : '';
  const formula = s.formula ? ` \`${s.formula}\`` : '';
  const help = [s.title && `${s.title}.`, s.help].filter(Boolean).join(' ') || 'Version of the recipe format.';
  return row([`\`${name}\``, `${typeText(s)}${unit}`, `\`${JSON.stringify(s.default)}\``, `${help}${formula}`]);
}

const head = [row(['field', 'value', 'default', 'what it is']), row(['---', '---', '---', '---'])];

function markdown(schema) {
  const fields = Object.entries(schema.properties);
  const single = fields.filter(([, s]) => !s.properties);
  const sections = fields.filter(([, s]) => s.properties);
  return [
    '# The recipe',
    '',
    'What a run is started from: YAML or JSON. Every field has a default; an unknown field is refused by name, with the',
    'nearest known one. Names are those of timm where timm has one. `unsmooth train RECIPE --set model.depth=6` sets a field',
    'over the file. A run folder keeps its recipe with every field written out (`recipe.yaml`).',
    '',
    'This page is written by `npm run docs` from `contract/recipe.ts`.',
    '',
    ...head,
    ...single.map(([name, s]) => fieldRow(name, s)),
    ...sections.flatMap(([section, s]) => [
      '',
      `## ${section}`,
      '',
      ...head,
      ...Object.entries(s.properties).map(([name, f]) => fieldRow(`${section}.${name}`, f)),
    ]),
    '',
  ].join('\n');
}

const text = markdown(await recipeJsonSchema());
const current = fs.existsSync(page) ? fs.readFileSync(page, 'utf8') : '';
if (process.argv.includes('--check')) {
  if (current !== text) {
    process.stderr.write('docs/recipe.md is not what the schema says. Run: npm run docs\n');
    process.exitCode = 1;
  }
} else {
  fs.writeFileSync(page, text);
}
