// A plain browser out of the window's runtime: one page, no preload, no network but this machine, the size that is asked for.
// Arguments: address, width, height.
// biome-ignore lint/style/noRestrictedImports: this file is a program of its own, run by the runtime
const { app, BrowserWindow, session } = require('electron');

const [address, width, height] = process.argv.slice(-3);
for (const flag of [
  'disable-lcd-text',
  'force-color-profile=srgb',
  'font-render-hinting=none',
  'force-device-scale-factor=1',
])
  app.commandLine.appendSwitch(...flag.split('='));

app.whenReady().then(() => {
  session.defaultSession.webRequest.onBeforeRequest((request, answer) => {
    const { protocol, hostname } = new URL(request.url);
    const local = ['file:', 'data:', 'blob:', 'devtools:'].includes(protocol) || hostname === '127.0.0.1';
    if (!local) console.error(`refused: ${request.url}`);
    answer({ cancel: !local });
  });
  const window = new BrowserWindow({
    width: Number(width),
    height: Number(height),
    useContentSize: true,
    frame: false,
    webPreferences: { sandbox: true, contextIsolation: true, nodeIntegration: false },
  });
  window.loadURL(address);
});
app.on('window-all-closed', () => app.quit());
