import type { AblationTable } from './table.ts';
/** Writes table.md and table.json into `folder`; returns their paths. Throws FILE_IO, DISK_FULL. */
export declare function writeTable(table: AblationTable, folder: string): string[];
export declare function tableText(table: AblationTable): string;
