// `npm start`: sets up what is missing, then trains the example in the terminal, on the best engine that could be had.
import { becomeUnsmooth } from './become.mjs';
import { say } from './paths.mjs';
import { runSetup } from './setup.mjs';

const { cpu, why } = await runSetup({ engine: true });
const recipe = cpu ? 'recipes/example.yaml' : 'recipes/example-wasm.yaml';
if (!cpu) say(`Training the small example on the wasm engine, since the CPU engine is missing. ${why}`);
await becomeUnsmooth(['train', recipe, ...process.argv.slice(2)]);
