// A server with the demo in it, more delegations, and who talks to it.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const meeting = 'meetings/wgtip-demo';

// run starts the binary and waits until it says that it is ready. It answers what
// was said, and how to stop it.
async function run(binary, args, ready) {
  const server = spawn(binary, args);
  let output = '';
  const ended = new Promise((resolve) => server.once('close', resolve));
  const stop = async () => {
    server.kill('SIGINT');
    const code = await ended;
    if (code !== 0) throw new Error(`placard ${args[0]} ended with ${code}:\n${output}`);
  };
  await new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      if (ready.test(output)) resolve();
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    ended.then((code) => reject(new Error(`placard ${args[0]} ended with ${code}:\n${output}`)));
  });
  return { output, stop };
}

const ports = ['--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0'];

// start runs `placard demo` and answers where it listens, its keys and how to
// stop it. With a mail server it is stopped once it has its content, and
// `placard serve` goes on with its folder: the demo itself sends nothing.
export async function start(binary, mailServer) {
  const folder = await mkdtemp(join(tmpdir(), 'placard-browser-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const [dir, file] = [join(folder, 'demo'), join(folder, 'keys.json')];
    let server = await run(binary, ['demo', '--dir', dir, ...ports, '--keys', file], /Ctrl-C/);
    let url = /http:\/\/[0-9.:]+/.exec(server.output)[0];
    if (mailServer) {
      await server.stop();
      const mail = ['--smtp', mailServer, '--smtp-tls', 'none', '--mail-from', 'Placard <placard@placard.example>'];
      server = await run(binary, ['serve', '--dir', dir, ...ports, ...mail], /"msg":"listening".*\n/);
      url = `http://${JSON.parse(/.*"msg":"listening".*/.exec(server.output)[0]).http}`;
    }
    const stop = () => server.stop().finally(remove);
    return { url, keys: JSON.parse(await readFile(file, 'utf8')), outbox: join(dir, 'outbox'), stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

// api calls the server as a system does.
export async function api(demo, key, method, path, body) {
  const answer = await fetch(`${demo.url}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(value)}`);
  return value;
}

// submit sends the delegation of an entity, as its mission does.
export async function submit(demo, entity, participants) {
  const path = `${meeting}/delegations/${entity}`;
  let etag;
  try {
    ({ etag } = await api(demo, demo.keys.missions[entity], 'GET', path));
  } catch {
    // The first composition.
  }
  return api(demo, demo.keys.missions[entity], 'POST', `${path}:submit`, { etag, participants });
}

// linkOf reads in the messages that were sent the link of a participant: the first
// one, or the one that was sent after so many others. It is `/photo/pll_…`.
export async function linkOf(demo, participant, before = 0) {
  const link = new RegExp(`/photo/pll_${participant.split('/').at(-1)}_${before + 1}_[\\w-]+`);
  for (let i = 0; i < 150; i++) {
    for (const file of (await readdir(demo.outbox).catch(() => [])).filter((f) => f.endsWith('.eml'))) {
      const message = await readFile(join(demo.outbox, file), 'utf8');
      const parts = message.matchAll(/Transfer-Encoding: base64\r?\n[^]*?\r?\n\r?\n([\w+/=\r\n]+)/gi);
      const text = [message.replace(/=\r?\n/g, ''), ...[...parts].map((p) => Buffer.from(p[1], 'base64').toString())].join('\n');
      const found = link.exec(text);
      if (found) return found[0];
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no message has the link of ${participant}`);
}
