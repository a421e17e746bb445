// Puts the Node binding into an engine's folder: the one that came with the program, or compiled here in a few seconds.
import fs from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { bindingOf, packageFolder } from './folders.ts';
import type { EnginePlan } from './plans.ts';
import { runProgram } from './program.ts';

/** The other names under which the binding and TensorFlow's own loader look for the two libraries. */
const links = [
  ['libtensorflow.so', 'libtensorflow_cc.so.2'],
  ['libtensorflow.so.2', 'libtensorflow_cc.so.2'],
  ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
] as const;

/**
 * `folder` holds deps/lib and build/include from the wheels. `prebuilt` is copied where given; otherwise g++ compiles the plan's
 * sources against Node-API 8, which every later Node serves. Returns which of the two it was.
 */
export async function placeBinding(
  plan: EnginePlan,
  folder: string,
  prebuilt: string | null,
  signal?: AbortSignal,
): Promise<'prebuilt' | 'built'> {
  const lib = path.join(folder, 'deps', 'lib');
  for (const [name, target] of links)
    if (!fs.existsSync(path.join(lib, name))) fs.symlinkSync(target, path.join(lib, name));
  const out = bindingOf(folder);
  fs.mkdirSync(path.dirname(out), { recursive: true });
  if (prebuilt) {
    fs.copyFileSync(prebuilt, out);
    return 'prebuilt';
  }
  const includes = [path.join(packageFolder('node-api-headers'), 'include'), path.join(folder, 'build', 'include')];
  const { code, stderr } = await runProgram(
    'g++',
    [
      ...['-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      ...includes.map((i) => `-I${i}`),
      ...plan.bindingSources,
      ...['-o', out, `-L${lib}`, '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
    ],
    { signal, env: { ...process.env, TMPDIR: path.join(folder, 'build') } },
  );
  if (code === 127)
    throw new UnsmoothError(
      'ENGINE_INSTALL_FAILED',
      'The engine has to be compiled for this machine, and there is no g++.',
      'Install it (Debian, Ubuntu: sudo apt-get install g++) and try again; what was fetched is kept.',
    );
  if (code !== 0)
    throw new UnsmoothError(
      'ENGINE_INSTALL_FAILED',
      `g++ could not compile the engine's binding: ${stderr.trim().split('\n').slice(-3).join(' ')}`,
      'Update g++ (10 or later is known to work) and try again; what was fetched is kept.',
    );
  return 'built';
}
