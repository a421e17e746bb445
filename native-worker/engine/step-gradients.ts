// Gradients that tfjs lacks: comparisons and logic are constant almost everywhere, so where(x > 0, ...) may be differentiated.
import { type GradConfig, getGradient, registerGradient, type Tensor, zeros } from '@tensorflow/tfjs-core';

const comparisons = ['Equal', 'NotEqual', 'Greater', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr'];

const zerosOf = (shape: readonly number[]) => (): Tensor => zeros([...shape]);

for (const kernelName of comparisons) {
  const config: GradConfig = {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (_, saved) => ({ a: zerosOf(saved[0]!.shape), b: zerosOf(saved[1]!.shape) }),
  };
  if (getGradient(kernelName) === undefined) registerGradient(config);
}

const not: GradConfig = {
  kernelName: 'LogicalNot',
  inputsToSave: ['x'],
  gradFunc: (_, saved) => ({ x: zerosOf(saved[0]!.shape) }),
};
if (getGradient('LogicalNot') === undefined) registerGradient(not);
