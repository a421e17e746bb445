// The program itself: what it is, its settings, reports and other files that leave it, work under way.
import { z } from 'zod';
import { type Settings, settingsSchema } from '../saved/settings.ts';
import { call } from './call.ts';

export interface AppInfo {
  version: string;
  /** Of the runtime's parts: electron, chrome, node, and the worker's node. */
  versions: Record<string, string>;
  platform: string;
  library: string;
  cache: string;
}

export interface Licence {
  name: string;
  version: string;
  licence: string;
  /** Text of its licence file; empty where it has none. */
  text: string;
}

/** What a report is of: runs by id, checkpoints by the path of their weights. */
const reportItems = z.strictObject({
  runs: z.array(z.string().min(1).max(200)).max(50),
  checkpoints: z.array(z.string().min(1).max(4096)).max(50),
});
export type ReportItems = z.infer<typeof reportItems>;
const reportFormat = z.enum(['html', 'json']);
const task = z.string().min(1).max(100);

export const appCalls = {
  'app.info': call(z.strictObject({})).returns<AppInfo>(),
  'app.licences': call(z.strictObject({})).returns<Licence[]>(),
  'app.settings': call(z.strictObject({})).returns<Settings>(),
  'app.setSettings': call(settingsSchema.omit({ version: true }).partial().strict()).returns<Settings>(),
  /** Asks for a folder; null where the user thought better of it. */
  'app.chooseFolder': call(z.strictObject({ title: z.string().max(200) })).returns<string | null>(),
  /** Asks for a file with one of these endings (`parquet`); null where the user thought better of it. */
  'app.chooseFile': call(
    z.strictObject({ title: z.string().max(200), endings: z.array(z.string().min(1).max(20)).max(20) }),
  ).returns<string | null>(),
  /** Asks where to, and writes: a chart, a table. Returns the file, or null where the user thought better of it. */
  'app.saveFile': call(
    z.strictObject({
      name: z.string().min(1).max(200),
      data: z.union([z.string().max(200_000_000), z.instanceof(Uint8Array)]),
    }),
  ).returns<string | null>(),
  /** The file that was saved last, in the system's file manager. Refused for any other path. */
  'app.showSaved': call(z.strictObject({ file: z.string().min(1).max(4096) })).returns<null>(),
  /** A page to look at before saving, for a frame without scripts. */
  'reports.preview': call(z.strictObject({ items: reportItems, format: reportFormat })).returns<{ url: string }>(),
  /** Asks where to, and writes. Returns the file, or null where the user thought better of it. */
  'reports.save': call(z.strictObject({ items: reportItems, format: reportFormat })).returns<string | null>(),
  'tasks.cancel': call(z.strictObject({ task })).returns<null>(),
} as const;
