// A mail server that is not ours: Python's aiosmtpd, with the program of
// TestMailIsReadByOthers.
import { spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../app/testdata/mailserver.py', import.meta.url));
const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import aiosmtpd']).status === 0);

// missing says what there is not, if anything: then the tests are left out, unless
// PLACARD_TEST_MAIL=required.
export const missing = python ? '' : 'there is no python3 with aiosmtpd (Debian: python3-aiosmtpd)';

// freeAddress is one on which nothing listens.
const freeAddress = () => new Promise((resolve, reject) => {
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(`127.0.0.1:${port}`));
  });
});

const listens = (address) => new Promise((resolve) => {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host, () => resolve(true)).once('error', () => resolve(false));
  socket.once('connect', () => socket.end()).resume();
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

// startMail runs the mail server. It answers where it listens, the messages that it
// took, and how to stop it.
export async function startMail() {
  const address = await freeAddress();
  const server = spawn(python, [program, address], { stdio: ['ignore', 'pipe', 'pipe'] });
  let wrong = '';
  let running = true;
  server.stderr.on('data', (chunk) => { wrong += chunk; });
  const ended = new Promise((resolve) => server.once('close', resolve)).then(() => { running = false; });
  const taken = [];
  createInterface({ input: server.stdout }).on('line', (line) => taken.push(JSON.parse(line)));
  const eventually = async (what, condition) => {
    for (let i = 0; i < 600; i++) {
      const found = await condition();
      if (found) return found;
      if (!running) break;
      await pause();
    }
    throw new Error(`${what}: ${wrong || 'not within 30 seconds'}`);
  };
  const stop = async () => {
    server.kill();
    await ended;
  };
  await eventually('the mail server does not listen', () => listens(address)).catch(async (error) => {
    await stop();
    throw error;
  });
  // to waits for the message to an address.
  const to = (recipient) => eventually(`no message came to ${recipient}`, () => taken.find((m) => m.rcpt_to.includes(recipient)));
  return { address, taken, to, stop };
}
