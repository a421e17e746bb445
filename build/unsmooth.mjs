#!/usr/bin/env node
// The `unsmooth` command from a checkout: makes sure that packages and bundles are there, then is the bundled command line.
import { becomeUnsmooth } from './become.mjs';
import { runSetup } from './setup.mjs';

await runSetup({ engine: false });
await becomeUnsmooth(process.argv.slice(2));
