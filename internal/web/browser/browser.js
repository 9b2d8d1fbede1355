// What the tests of all pages share: a server with the demo in it, and a browser
// that watches what pages do. Leaves pictures in build/browser.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { start } from './demo.js';

const root = new URL('../../..', import.meta.url).pathname;
const binary = process.env.PLACARD ?? join(root, 'build/placard');
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const pictures = join(root, 'build/browser');

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1440, height: 900 };

export let demo;
let browser;
// What the browser should not have done.
export const complaints = [];

export async function begin(...args) {
  await beginWith(undefined, ...args);
}

// beginWith lets the server send its messages through a mail server.
export async function beginWith(mailServer, ...args) {
  await mkdir(pictures, { recursive: true });
  demo = await start(binary, mailServer);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...args, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
}

export async function end() {
  await browser?.close();
  await demo?.stop();
}

// open makes a browser of its own, which watches what pages do.
export async function open(options) {
  const context = await browser.newContext({ viewport: desktop, ...options });
  context.on('console', (message) => {
    // A refused form answers 4xx, which the browser reports.
    const refused = message.text().includes('Failed to load resource') && options?.refused;
    if (['error', 'warning'].includes(message.type()) && !refused) complaints.push(`${message.type()}: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:' && origin !== demo.url) complaints.push(`a request to ${request.url()}`);
    request.allHeaders().then(({ referer }) => {
      if (referer?.includes('/photo/')) complaints.push(`${request.url()} is told ${referer}`);
    }, () => {}); // the page was closed
  });
  return context;
}

// fits checks that nothing has to be scrolled sideways.
export async function fits(page, what) {
  const { wide, room } = await page.evaluate(() => ({ wide: document.scrollingElement.scrollWidth, room: document.scrollingElement.clientWidth }));
  assert.ok(wide <= room, `${what} is ${wide} px wide, there are ${room}`);
}

export const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export async function check(page, what, rules = [...wcag, 'best-practice']) {
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules);
  const serious = found.violations.map((v) => `${v.impact} ${v.id}: ${v.help}\n  ${v.nodes.map((n) => n.html.slice(0, 200)).join('\n  ')}`);
  assert.deepEqual(serious, [], what);
  await fits(page, what);
}

// tabTo presses Tab until something has the focus.
export async function tabTo(page, selector) {
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) return;
  }
  assert.fail(`Tab does not reach ${selector}`);
}
