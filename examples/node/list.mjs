#!/usr/bin/env node
// Prints the list of participants of a meeting, in one language:
//
//   export PLACARD_URL=https://placard.example.org PLACARD_KEY=plc_…
//   node list.mjs wgtip-demo es
//   node list.mjs wgtip-demo fr --provisional
//
// Languages: ar, zh, en, fr, ru, es. `--provisional` shows the latest
// compositions instead of the accepted ones. It needs Node 20 or newer.

const languages = ['ar', 'zh', 'en', 'fr', 'ru', 'es'];

class Usage extends Error {}

// get reads a path of the API and answers its JSON. Errors come in the language.
async function get(path, language) {
  const { PLACARD_URL: url, PLACARD_KEY: key } = process.env;
  if (!url || !key) throw new Usage('set PLACARD_URL and PLACARD_KEY');
  const response = await fetch(`${url.replace(/\/$/, '')}/v1/${path}`, {
    headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'accept-language': language },
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  throw new Error(problem(response.status, text));
}

// problem says what an error answers (google.rpc.Status): the message for
// people where there is one, and the reason.
function problem(status, text) {
  let error;
  try {
    error = JSON.parse(text);
  } catch {
    return `HTTP ${status}: ${text.slice(0, 200)}`;
  }
  const detail = (kind) => error.details?.find((d) => d['@type']?.endsWith(kind));
  const message = detail('LocalizedMessage')?.message ?? error.message;
  return `HTTP ${status}: ${message} (${detail('ErrorInfo')?.reason ?? 'no reason'})`;
}

// shown writes a text, and says its language where it is not the list's.
const shown = (text) => (text.fallback ? `${text.text} [${text.language}]` : text.text);

async function main(args) {
  const flags = args.filter((a) => a.startsWith('--'));
  const [meeting, language, ...rest] = args.filter((a) => !a.startsWith('--'));
  if (!/^[a-z][a-z0-9-]*$/.test(meeting ?? '') || !languages.includes(language) ||
      rest.length > 0 || flags.some((f) => f !== '--provisional')) {
    throw new Usage(`usage: list.mjs MEETING ${languages.join('|')} [--provisional]`);
  }
  const query = new URLSearchParams({ language });
  if (flags.length > 0) query.set('provisional', 'true');
  const list = await get(`meetings/${meeting}/participantList?${query}`, language);

  const lines = [shown(list.title) + (list.provisional ? ' *' : '')];
  for (const part of list.parts ?? []) {
    lines.push('', part.heading);
    for (const delegation of part.delegations ?? []) {
      lines.push('', `  ${shown(delegation.entityName)}`);
      for (const person of delegation.persons ?? []) {
        const name = [person.honorific, person.displayName].filter(Boolean).join(' ');
        const latin = person.latinName ? ` (${person.latinName})` : '';
        const what = [person.functionalTitle, person.organization].filter(Boolean).join(', ');
        lines.push(`    ${name}${latin}${what ? `, ${what}` : ''}`);
      }
    }
  }
  lines.push('', `${list.delegationCount} / ${list.personCount}`);
  console.log(lines.join('\n'));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`list: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
