// The program itself: what it is, its settings, its licences, and files that leave it.
import { existsSync, promises as fs } from 'node:fs';
import path from 'node:path';
import type { Licence } from '../../contract/app/app.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { defaultSettings, type Settings, settingsFormat } from '../../contract/saved/settings.ts';
import { version } from '../../contract/version.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import type { AppContext } from './context.ts';
import type { SavedFiles } from './saved-files.ts';
import type { Tasks } from './tasks.ts';

type InfoCalls =
  | 'app.info'
  | 'app.licences'
  | 'app.settings'
  | 'app.setSettings'
  | 'app.chooseFolder'
  | 'app.chooseFile'
  | 'app.saveFile'
  | 'app.showSaved'
  | 'tasks.cancel';

export function infoServices(app: AppContext, tasks: Tasks, saved: SavedFiles): Pick<AppApi, InfoCalls> {
  const settingsFile = path.join(app.library, 'settings.json');
  const settings = (): Settings => readJsonFile(settingsFormat, settingsFile) ?? defaultSettings;
  return {
    'app.info': () => ({
      version,
      versions: app.versions,
      platform: `${process.platform} ${process.arch}`,
      library: app.library,
      cache: app.cache,
    }),
    'app.licences': () => licences(app.resources.licences),
    /** Damaged ones are the defaults, told once; those of a newer program are used as far as they are known. */
    'app.settings'() {
      try {
        return settings();
      } catch (e) {
        app.problem(e);
        return defaultSettings;
      }
    },
    'app.setSettings'(changes) {
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const next: Settings = { ...readOrDefault(settings), ...given };
      writeJsonFile(settingsFile, next);
      return next;
    },
    'app.chooseFolder': ({ title }) => app.shell.chooseFolder(title),
    'app.chooseFile': ({ title, endings }) => app.shell.chooseFile(title, endings),
    'app.saveFile': ({ name, data }) => saved.ask(name, data),
    async 'app.showSaved'({ file }) {
      await saved.show(file);
      return null;
    },
    'tasks.cancel'({ task }) {
      tasks.cancel(task);
      return null;
    },
  };
}

/** What is damaged is written anew; what a newer program wrote is not touched. */
function readOrDefault(settings: () => Settings): Settings {
  try {
    return settings();
  } catch (e) {
    if (UnsmoothError.from(e).code === 'INPUT_INVALID') return defaultSettings;
    throw e;
  }
}

async function licences(file: string | undefined): Promise<Licence[]> {
  if (file === undefined || !existsSync(file)) return [];
  try {
    return JSON.parse(await fs.readFile(file, 'utf8'));
  } catch (e) {
    throw UnsmoothError.from(e);
  }
}
