// Scalars as TensorBoard reads them: TFRecord frames around tensorflow.Event messages, encoded by hand (five fields are used).
// Field numbers: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
import { maskedCrc32c } from './crc32c.ts';

/** An Event without its time. */
export type EventContent =
  | { type: 'version' }
  /** TensorBoard drops what earlier files hold from `step` on. */
  | { type: 'restart'; step: number }
  | { type: 'scalars'; step: number; values: Readonly<Record<string, number>> };

/** One framed record. `wallTime` in seconds since 1970. */
export function eventRecord(content: EventContent, wallTime: number): Uint8Array {
  return frame(Buffer.concat([double(1, wallTime), ...fields(content)]));
}

/** Name of a run's event file; TensorBoard reads them in the order of their names, so `seconds` must grow from one to the next. */
export function eventFileName(seconds: number, host: string, pid: number, attempt: number): string {
  return `events.out.tfevents.${String(seconds).padStart(10, '0')}.${host}.${pid}.${attempt}`;
}

/** The seconds in such a name, or undefined for another file. */
export function eventFileSeconds(name: string): number | undefined {
  const digits = /^events\.out\.tfevents\.(\d{10})\./.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function fields(content: EventContent): Buffer[] {
  switch (content.type) {
    case 'version':
      return [bytes(3, Buffer.from('brain.Event:2'))];
    case 'restart':
      return [integer(2, content.step), bytes(7, integer(1, 1))];
    case 'scalars': {
      const values = Object.entries(content.values).map(([tag, value]) =>
        bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)])),
      );
      return [integer(2, content.step), bytes(5, Buffer.concat(values))];
    }
  }
}

/** TFRecord: length (u64), its masked crc, data, its masked crc; little-endian. */
function frame(data: Buffer): Buffer {
  const record = Buffer.alloc(16 + data.length);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  data.copy(record, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...out, rest]);
}
const key = (field: number, wireType: number) => varint(field * 8 + wireType);
const integer = (field: number, value: number) => Buffer.concat([key(field, 0), varint(value)]);
const bytes = (field: number, value: Buffer) => Buffer.concat([key(field, 2), varint(value.length), value]);
const double = (field: number, value: number) => {
  const b = Buffer.alloc(8);
  b.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), b]);
};
const float = (field: number, value: number) => {
  const b = Buffer.alloc(4);
  b.writeFloatLE(value);
  return Buffer.concat([key(field, 5), b]);
};
