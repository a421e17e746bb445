// tfjs-core with what its own entry leaves out: the gradients and the chained operators (x.add(y)). The union package
// registers both on the very same tfjs-core instance; it is imported for that alone.
import '@tensorflow/tfjs';
import './step-gradients.ts';

export * as tf from '@tensorflow/tfjs-core';
