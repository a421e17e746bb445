// A saved format: a name, a current version, a schema and numbered migrations. Reading a newer file is refused, an older one is migrated.
import { z } from 'zod';
import { UnsmoothError } from '../errors.ts';

/** Turns the data of version n into that of version n + 1. */
export type Migration = (data: Record<string, unknown>) => Record<string, unknown>;

export interface Format<S extends z.ZodType> {
  name: string;
  version: number;
  schema: S;
  /** migrations[n] leads from version n to n + 1; there is one for each version from 1 below the current. */
  migrations: Readonly<Record<number, Migration>>;
}

/**
 * Validates `data` as `format`, migrating it first where it is older.
 * Throws FORMAT_NEWER for a file of a later version, INPUT_INVALID naming `file` and the field otherwise.
 */
export function readSaved<S extends z.ZodType>(format: Format<S>, data: unknown, file: string): z.output<S> {
  const versioned = z.looseObject({ version: z.int().min(1) }).safeParse(data);
  if (!versioned.success)
    throw new UnsmoothError(
      'INPUT_INVALID',
      `${file}: not a ${format.name}: no version`,
      'The file is damaged or of another kind.',
    );
  let current: Record<string, unknown> = versioned.data;
  const found = versioned.data.version;
  if (found > format.version)
    throw new UnsmoothError(
      'FORMAT_NEWER',
      `${file}: ${format.name} of version ${found}; this program reads up to ${format.version}`,
      'Update Unsmooth.',
    );
  for (let v = found; v < format.version; v++) {
    const migrate = format.migrations[v];
    if (!migrate) throw new UnsmoothError('INTERNAL', `${format.name} has no migration from version ${v}`);
    try {
      current = { ...migrate(current), version: v + 1 };
    } catch (e) {
      if (e instanceof z.ZodError) throw damaged(format.name, file, e.issues[0]);
      throw e;
    }
  }
  const parsed = format.schema.safeParse(current);
  if (parsed.success) return parsed.data;
  throw damaged(format.name, file, parsed.error.issues[0]);
}

function damaged(name: string, file: string, issue: z.core.$ZodIssue | undefined): UnsmoothError {
  return new UnsmoothError(
    'INPUT_INVALID',
    `${file}: ${name}: ${issue?.path.join('.')}: ${issue?.message}`,
    'The file is damaged; restore it from a copy.',
  );
}
