// Every format that reaches disk, for the test that each of their versions still opens.
import { datasetFormat } from './dataset.ts';
import { formsFormat } from './forms.ts';
import { importFormat } from './import.ts';
import { checkpointResultsFormat } from './result.ts';
import { checkpointIndexFormat, endedFormat, notesFormat, ownerFormat, runFormat } from './run.ts';
import { settingsFormat } from './settings.ts';
import { speedsFormat } from './speeds.ts';
import { windowFormat } from './window.ts';

export const formats = [
  runFormat,
  notesFormat,
  ownerFormat,
  endedFormat,
  checkpointIndexFormat,
  datasetFormat,
  importFormat,
  formsFormat,
  settingsFormat,
  checkpointResultsFormat,
  speedsFormat,
  windowFormat,
] as const;
