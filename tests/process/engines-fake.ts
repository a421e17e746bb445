// Small real engines for tests: wheels written byte by byte, libraries and a Node-API binding compiled from a few lines.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { EnginePlan, Wheel } from '../../main/engines/index.ts';

/** A zip of stored entries, laid out as the format's specification says (local headers, central directory, end record). */
export function zip(entries: Record<string, Buffer>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(entries)) {
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((0o100755 << 16) >>> 0) as number, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail, nameBytes]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

/** Writes a wheel into `folder` and returns its pin. */
export function writeWheel(folder: string, file: string, data: Buffer): Wheel {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, file), data);
  return { file, sha256: createHash('sha256').update(data).digest('hex'), bytes: data.length };
}

const library = `extern "C" const char* TF_Version() { return "9.9.9"; }`;
const framework = `extern "C" int framework() { return 1; }`;
const binding = `#include <node_api.h>
#include "tensorflow/c/c_api.h"
static napi_value Gpu(napi_env env, napi_callback_info) { napi_value v; napi_get_boolean(env, false, &v); return v; }
NAPI_MODULE_INIT() {
  napi_value v, f;
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &v);
  napi_set_named_property(env, exports, "TF_Version", v);
  napi_create_function(env, nullptr, 0, Gpu, nullptr, &f);
  napi_set_named_property(env, exports, "isUsingGpuDevice", f);
  return exports;
}`;

export interface FakeEngine {
  plan: EnginePlan;
  /** The wheels' folder. */
  wheels: string;
  files: string[];
}

/** An engine of two wheels: the libraries, and `padding` bytes of a part below nvidia/. Needs g++. */
export function makeFakeEngine(folder: string, padding = 1000): FakeEngine {
  fs.mkdirSync(folder, { recursive: true });
  const compile = (name: string, source: string) => {
    fs.writeFileSync(path.join(folder, `${name}.cc`), source);
    execFileSync('g++', ['-shared', '-fPIC', '-o', name, `${name}.cc`, `-Wl,-soname,${name}`], { cwd: folder });
    return fs.readFileSync(path.join(folder, name));
  };
  const main = zip({
    'tensorflow/libtensorflow_cc.so.2': compile('libtensorflow_cc.so.2', library),
    'tensorflow/libtensorflow_framework.so.2': compile('libtensorflow_framework.so.2', framework),
    'tensorflow/include/tensorflow/c/c_api.h': Buffer.from('extern "C" const char* TF_Version();\n'),
    'tensorflow/python/not_needed.py': Buffer.from('pass\n'),
  });
  const part = zip({
    'nvidia/part/lib/part.so': Buffer.alloc(padding, 7),
    'nvidia/part/include/part.h': Buffer.from(''),
  });
  const wheels = path.join(folder, 'wheels');
  const pins = [
    writeWheel(wheels, 'fake-1.0-py3-none-any.whl', main),
    writeWheel(wheels, 'nvidia_part-1.0-py3-none-any.whl', part),
  ];
  fs.writeFileSync(path.join(folder, 'binding.cc'), binding);
  const plan: EnginePlan = {
    name: 'fake',
    version: 'TensorFlow 9.9.9',
    wheels: pins,
    installedBytes: padding + 50_000,
    bindingSources: [path.join(folder, 'binding.cc')],
  };
  return { plan, wheels, files: pins.map((w) => path.join(wheels, w.file)) };
}
