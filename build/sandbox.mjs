// Whether Chromium's sandbox can work for this user. The window is never started without it, but for root in a checkout, where
// Chromium refuses it.
import fs from 'node:fs';
import path from 'node:path';

const isRoot = () => process.getuid?.() === 0;
const setting = (name) => {
  try {
    return Number(fs.readFileSync(`/proc/sys/${name}`, 'utf8'));
  } catch {
    return undefined; // this kernel has no such setting
  }
};

/** What the runtime is started with before the program. */
export const sandboxArgs = () => (isRoot() ? ['--no-sandbox'] : []);

/** The command without which the sandbox of the runtime in `dist` cannot work here, or null. */
export function sandboxNeeds(dist) {
  if (process.platform !== 'linux' || isRoot()) return null;
  const helper = path.join(dist, 'chrome-sandbox');
  const { uid, mode } = fs.statSync(helper, { throwIfNoEntry: false }) ?? {};
  if (uid === 0 && (mode & 0o4000) !== 0) return null;
  const namespaces =
    setting('kernel/unprivileged_userns_clone') !== 0 &&
    setting('user/max_user_namespaces') !== 0 &&
    setting('kernel/apparmor_restrict_unprivileged_userns') !== 1;
  return namespaces ? null : `sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`;
}
