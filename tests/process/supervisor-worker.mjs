// A worker that misbehaves on purpose, in the one way that BEHAVIOUR names. Plain Node, started by supervisor.test.ts.
const send = (message) => process.send(message);
const ready = () => send({ type: 'ready', protocol: 1, pid: process.pid });
const stay = () => setInterval(() => {}, 1000);
const beat = () => setInterval(() => send({ type: 'heartbeat', at: Date.now() }), 50);
const stopped = { type: 'error', error: { code: 'STOPPED', message: 'stopped', hint: '', problems: [] } };
const sayAndExit = (message, code) => process.send(message, () => process.exit(code));

const behaviours = {
  'exits before ready': () => process.exit(3),
  'exits before ready with words': () => {
    process.stderr.write('first line\ncannot open the library\n');
    process.exitCode = 4;
    process.disconnect();
  },
  'never speaks': stay,
  'falls silent'() {
    ready();
    stay();
  },
  'sends an unknown message'() {
    ready();
    send({ type: 'nonsense' });
    stay();
  },
  'sends a wrong field'() {
    ready();
    process.on('message', () => send({ type: 'status', status: 'dancing', reason: null }));
    stay();
  },
  'speaks another version': () => {
    send({ type: 'ready', protocol: 999, pid: process.pid });
    stay();
  },
  'is ready twice'() {
    ready();
    ready();
    stay();
  },
  'works before it has a job'() {
    send({ type: 'progress', done: 1, total: 2, unit: 'steps', note: '' });
    stay();
  },
  works() {
    ready();
    beat();
  },
  'is deaf'() {
    ready();
    beat();
    process.on('SIGTERM', () => {});
  },
  'ends politely'() {
    ready();
    beat();
    process.on('message', (m) => m.type === 'stop' && sayAndExit(stopped, 130));
    process.on('SIGTERM', () => sayAndExit(stopped, 130));
  },
  'says what it was told'() {
    ready();
    beat();
    process.on('message', (m) => {
      send({ type: 'log', level: 'info', text: m.type });
      if (m.type === 'stop') sayAndExit(stopped, 130);
    });
  },
  'lingers after its last message'() {
    ready();
    beat();
    send({ type: 'error', error: { code: 'INPUT_INVALID', message: 'a bad file', hint: '', problems: [] } });
  },
  'says much and exits'() {
    ready();
    process.on('message', () => {
      for (let step = 1; step <= 2000; step++)
        send({ type: 'metrics', lines: [{ step, epoch: 0, wall: 0, 'train/loss': 1 }] });
      sayAndExit(stopped, 130);
    });
  },
  'writes much'() {
    for (let i = 0; i < 20000; i++) process.stderr.write(`line ${i}\n`);
    process.exitCode = 5;
    process.disconnect();
  },
};

const behaviour = behaviours[process.env.BEHAVIOUR];
if (!behaviour) throw new Error(`no behaviour ${process.env.BEHAVIOUR}`);
behaviour();
