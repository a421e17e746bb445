// What the TensorFlow engines are made of: wheels pinned by hash, and where their files go. It fetches nothing itself.
import path from 'node:path';

/** One Python wheel; its file name carries project, version and platform tags. */
export interface Wheel {
  file: string;
  sha256: string;
  bytes: number;
}

export interface EnginePlan {
  name: string;
  /** Shown to users and written into engine.json. */
  version: string;
  wheels: readonly Wheel[];
  /** Bytes on disk when unpacked. */
  installedBytes: number;
  /** C++ files of the Node binding, compiled against the wheel's headers. */
  bindingSources: readonly string[];
}

const tensorflowCpu: readonly Wheel[] = [
  {
    file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    bytes: 273829956,
  },
];

/** TensorFlow's build for CUDA 12 and the parts of its `and-cuda` extra, as an index resolves them for glibc 2.27. */
const tensorflowCuda: readonly Wheel[] = [
  {
    file: 'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    bytes: 572440367,
  },
  {
    file: 'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl',
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    bytes: 581217458,
  },
  {
    file: 'nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl',
    sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
    bytes: 10814997,
  },
  {
    file: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    bytes: 40546229,
  },
  {
    file: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    bytes: 89568129,
  },
  {
    file: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    bytes: 3493179,
  },
  {
    file: 'nvidia_cudnn_cu12-9.28.0.42-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
    bytes: 716538495,
  },
  {
    file: 'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    bytes: 200877592,
  },
  {
    file: 'nvidia_curand_cu12-10.3.10.19-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
    bytes: 68295626,
  },
  {
    file: 'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    bytes: 338117415,
  },
  {
    file: 'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    bytes: 366465088,
  },
  {
    file: 'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
    bytes: 351526311,
  },
  {
    file: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
    bytes: 39748338,
  },
];

/** `nvidia_cublas_cu12-12.9.3.13-py3-none-….whl` → project `nvidia-cublas-cu12`, version, platform tags. */
export function wheelTags(file: string): { project: string; version: string; platforms: string[] } {
  const parts = file.replace(/\.whl$/, '').split('-');
  return {
    project: (parts[0] ?? '').replaceAll('_', '-'),
    version: parts[1] ?? '',
    platforms: (parts.at(-1) ?? '').split('.'),
  };
}

const headers = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/ctstring', 'xla/tsl/c/'];

/** Where an entry of a wheel goes inside the engine's folder, or null when it is not needed. `build/` is removed at the end. */
export function placeOf(entry: string): string | null {
  if (entry.endsWith('/')) return null;
  const library = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/.exec(entry);
  if (library) return `deps/lib/${library[1]}`;
  const header = 'tensorflow/include/';
  if (entry.startsWith(header) && headers.some((h) => entry.startsWith(header + h)))
    return `build/include/${entry.slice(header.length)}`;
  if (/^nvidia\/[^/]+\/(lib|bin|nvvm)\//.test(entry) && !/\.(a|py|h)$/.test(entry)) return `deps/${entry}`;
  return null;
}

/** The plan of a TensorFlow engine. `packageFolder`: where tfjs-node-gpu's package lies, for the binding's sources. */
export function tensorflowPlan(name: 'cpu' | 'cuda', packageFolder: string): EnginePlan {
  const bindingSources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((f) => path.join(packageFolder, 'binding', f));
  return name === 'cpu'
    ? { name, version: 'TensorFlow 2.21.0', wheels: tensorflowCpu, installedBytes: 860e6, bindingSources }
    : { name, version: 'TensorFlow 2.21.0, CUDA 12.9', wheels: tensorflowCuda, installedBytes: 5.7e9, bindingSources };
}
