// A loader thread: started by the feeder with what to make and where to put it.
import { type MessagePort, workerData } from 'node:worker_threads';
import { type LoaderData, loaderWork } from './loader-work.ts';

const { data, port } = workerData as { data: LoaderData; port: MessagePort };
void loaderWork(data, (message) => port.postMessage(message)).then(() => port.close());
