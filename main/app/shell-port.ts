// What the services ask of whoever shows the window: dialogs, the file manager, the bin. electron/ implements it; tests give a plain one.

export interface ShellPort {
  /** Asks for a folder; null where the user thought better of it. */
  chooseFolder(title: string): Promise<string | null>;
  /** Asks for a file with one of these endings, without their dot; null as above. */
  chooseFile(title: string, endings: readonly string[]): Promise<string | null>;
  /** Asks where to save; `name` is proposed. */
  chooseSave(name: string): Promise<string | null>;
  /** Opens a folder in the system's file manager. Rejects where it cannot. */
  openFolder(path: string): Promise<void>;
  /** Shows a file in its folder. */
  showItem(path: string): Promise<void>;
  /** Moves a file or folder to the system's bin. Rejects where there is none, or it refuses. */
  trash(path: string): Promise<void>;
  /** An address at which a frame of the window can show this text. */
  previewUrl(text: string, kind: 'html' | 'json'): string;
}
