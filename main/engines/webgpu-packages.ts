// The npm packages of the WebGPU engine, pinned by version and integrity: a lock file in code, so that it travels in the bundle.
// After a change of version, regenerate with `npm install` and copy `packages` from the lock file.

export const webgpuDependencies = {
  webgpu: '0.6.2',
  '@tensorflow/tfjs-backend-webgpu': '4.22.0',
  '@tensorflow/tfjs-core': '4.22.0',
};

/** `packages` of a package-lock.json (version 3), without its root. */
export const webgpuLock = {
  'node_modules/@tensorflow/tfjs-backend-cpu': {
    version: '4.22.0',
    integrity: 'sha512-1u0FmuLGuRAi8D2c3cocHTASGXOmHc/4OvoVDENJayjYkS119fcTcQf4iHrtLthWyDIPy3JiPhRrZQC9EwnhLw==',
    dependencies: {
      '@types/seedrandom': '^2.4.28',
      seedrandom: '^3.0.5',
    },
    peerDependencies: {
      '@tensorflow/tfjs-core': '4.22.0',
    },
  },
  'node_modules/@tensorflow/tfjs-backend-webgpu': {
    version: '4.22.0',
    integrity: 'sha512-lvIc7Af4Tl2BCdYp43iQmSCRq3asaKT0q2xaErphXiUZ+jqeB0bQa0ZvQys1Xatvto0U4/c90DVsHPfvkn5ftg==',
    dependencies: {
      '@tensorflow/tfjs-backend-cpu': '4.22.0',
    },
    peerDependencies: {
      '@tensorflow/tfjs-core': '4.22.0',
    },
  },
  'node_modules/@tensorflow/tfjs-core': {
    version: '4.22.0',
    integrity: 'sha512-LEkOyzbknKFoWUwfkr59vSB68DMJ4cjwwHgicXN0DUi3a0Vh1Er3JQqCI1Hl86GGZQvY8ezVrtDIvqR1ZFW55A==',
    dependencies: {
      '@types/long': '^4.0.1',
      '@types/offscreencanvas': '~2019.7.0',
      '@types/seedrandom': '^2.4.28',
      '@webgpu/types': '0.1.38',
      long: '4.0.0',
      'node-fetch': '~2.6.1',
      seedrandom: '^3.0.5',
    },
  },
  'node_modules/@types/long': {
    version: '4.0.2',
    integrity: 'sha512-MqTGEo5bj5t157U6fA/BiDynNkn0YknVdh48CMPkTSpFTVmvao5UQmm7uEF6xBEo7qIMAlY/JSleYaE6VOdpaA==',
  },
  'node_modules/@types/offscreencanvas': {
    version: '2019.7.3',
    integrity: 'sha512-ieXiYmgSRXUDeOntE1InxjWyvEelZGP63M+cGuquuRLuIKKT1osnkXjxev9B7d1nXSug5vpunx+gNlbVxMlC9A==',
  },
  'node_modules/@types/seedrandom': {
    version: '2.4.34',
    integrity: 'sha512-ytDiArvrn/3Xk6/vtylys5tlY6eo7Ane0hvcx++TKo6RxQXuVfW0AF/oeWqAj9dN29SyhtawuXstgmPlwNcv/A==',
  },
  'node_modules/@webgpu/types': {
    version: '0.1.38',
    integrity: 'sha512-7LrhVKz2PRh+DD7+S+PVaFd5HxaWQvoMqBbsV9fNJO1pjUs1P8bM2vQVNfk+3URTqbuTI7gkXi0rfsN0IadoBA==',
  },
  'node_modules/debug': {
    version: '4.4.3',
    integrity: 'sha512-RGwwWnwQvkVfavKVt22FGLw+xYSdzARwm0ru6DhTVA3umU5hZc28V3kO4stgYryrTlLpuvgI9GiijltAjNbcqA==',
    dependencies: {
      ms: '^2.1.3',
    },
    peerDependenciesMeta: {
      'supports-color': {
        optional: true,
      },
    },
  },
  'node_modules/long': {
    version: '4.0.0',
    integrity: 'sha512-XsP+KhQif4bjX1kbuSiySJFNAehNxgLb6hPRGJ9QsUr8ajHkuXGdrHmFUTUUXhDwVX2R5bY4JNZEwbUiMhV+MA==',
  },
  'node_modules/ms': {
    version: '2.1.3',
    integrity: 'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==',
  },
  'node_modules/node-fetch': {
    version: '2.6.13',
    integrity: 'sha512-StxNAxh15zr77QvvkmveSQ8uCQ4+v5FkvNTj0OESmiHu+VRi/gXArXtkWMElOsOUNLtUEvI4yS+rdtOHZTwlQA==',
    dependencies: {
      'whatwg-url': '^5.0.0',
    },
    peerDependencies: {
      encoding: '^0.1.0',
    },
    peerDependenciesMeta: {
      encoding: {
        optional: true,
      },
    },
  },
  'node_modules/seedrandom': {
    version: '3.0.5',
    integrity: 'sha512-8OwmbklUNzwezjGInmZ+2clQmExQPvomqjL7LFqOYqtmuxRgQYqOD3mHaU+MvZn5FLUeVxVfQjwLZW/n/JFuqg==',
  },
  'node_modules/tr46': {
    version: '0.0.3',
    integrity: 'sha512-N3WMsuqV66lT30CrXNbEjx4GEwlow3v6rr4mCcv6prnfwhS01rkgyFdjPNBYd9br7LpXV1+Emh01fHnq2Gdgrw==',
  },
  'node_modules/webgpu': {
    version: '0.6.2',
    integrity: 'sha512-3L4GfmqJLvYUIEWJngEQY+2HQiUlAFkg8+P8NDDj3Xx5hHHIFO/r8JW+ynfqBj7kHN4mbnwO74uB+lrRtLhp4Q==',
    hasInstallScript: true,
    dependencies: {
      '@webgpu/types': '^0.1.72',
      debug: '^4.4.0',
    },
  },
  'node_modules/webgpu/node_modules/@webgpu/types': {
    version: '0.1.74',
    integrity: 'sha512-lgiI4hbuLcI9unnm2cL/tvCaQU45dp0xcLWJh5uB/9MBGvIA4F8XIk7nSiBeg+K4xWGYwgZKn80LmERI5CxoTA==',
  },
  'node_modules/webidl-conversions': {
    version: '3.0.1',
    integrity: 'sha512-2JAn3z8AR6rjK8Sm8orRC0h/bcl/DqL7tRPdGZ4I1CjdF+EaMLmYxBHyXuKL849eucPFhvBoxMsflfOb8kxaeQ==',
  },
  'node_modules/whatwg-url': {
    version: '5.0.0',
    integrity: 'sha512-saE57nupxk6v3HY35+jzBwYa0rKSy0XR8JSxZPwgLr7ys0IBzhGviA1/TUGJLmSVqs8pb9AnvICXEuOHLprYTw==',
    dependencies: {
      tr46: '~0.0.3',
      'webidl-conversions': '^3.0.0',
    },
  },
};
