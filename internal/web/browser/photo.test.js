// Drives the page of the photograph in Chromium, as somebody does who has opened the
// link in a message: what axe finds, keyboard, camera, no script, what goes wrong.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { begin, check, complaints, demo, desktop, end, fits, open, phone, pictures, tabTo } from './browser.js';
import { api, linkOf, meeting, submit } from './demo.js';
import { portrait } from './portrait.js';

const good = { name: 'retrato.png', mimeType: 'image/png', buffer: portrait(1200, 1500) };
const striped = { name: 'rayas.png', mimeType: 'image/png', buffer: portrait(500, 500, (x) => (x % 40 < 20 ? [20, 20, 20] : [250, 250, 250])) };
const heic = { name: 'IMG_0001.HEIC', mimeType: 'image/heic', buffer: Buffer.concat([Buffer.from('\0\0\0\x18ftypheic', 'latin1'), Buffer.alloc(2000)]) };

// people are the participants, by their external ids, each with a link.
const people = {};

before(async () => {
  await begin('--use-fake-device-for-media-stream');
  const { endDate } = await api(demo, demo.keys.secretariat, 'GET', meeting);
  await api(demo, demo.keys.secretariat, 'PATCH', meeting, { photoDeadline: endDate });
  const person = (entity, id, language, given, family, more) => ({
    externalId: id, givenName: given, familyName: family, language, email: `${id.toLowerCase()}@${entity.toLowerCase()}.example.org`,
    role: 'EXPERT', ...more,
  });
  const delegations = {
    MEX: [
      person('MEX', 'M1', 'es', 'María de los Ángeles', 'Ejemplo de la Muestra', { role: 'HEAD', honorific: 'Excma. Sra.' }),
      person('MEX', 'M2', 'es', '<script>alert(1)</script>', 'Plantilla'),
      person('MEX', 'M3', 'es', 'Tomás', 'Modelo'), person('MEX', 'M4', 'es', 'Inés', 'Prueba'), person('MEX', 'M5', 'es', 'Juan', 'Ensayo'),
      person('MEX', 'M6', 'es', 'Rosa', 'Muestra'), person('MEX', 'M7', '', 'Pedro', 'Esbozo'),
    ],
    EGY: [
      person('EGY', 'X1', 'ar', 'هدى', 'المثال', { role: 'HEAD', honorific: 'سعادة السفيرة', latinGivenName: 'Huda', latinFamilyName: 'ALMITHAL' }),
      person('EGY', 'X2', 'ar', 'سلمى', 'التجربة', { latinGivenName: 'Salma', latinFamilyName: 'ALTAJRIBA' }),
      ...(await api(demo, demo.keys.missions.EGY, 'GET', `${meeting}/delegations/EGY/participants`)).participants.map((p) => ({ ...p, role: 'ADVISER' })),
    ],
  };
  for (const [entity, participants] of Object.entries(delegations)) {
    const { delegation } = await submit(demo, entity, participants);
    await api(demo, demo.keys.secretariat, 'POST', `${meeting}/delegations/${entity}:accept`, { revision: delegation.latestRevision });
    const list = await api(demo, demo.keys.secretariat, 'GET', `${meeting}/delegations/${entity}/participants`);
    for (const p of list.participants) people[p.externalId] = p;
  }
});

after(end);

// come opens the link of somebody.
async function come(page, id, sent = 0) {
  const link = await linkOf(demo, people[id].name, sent);
  await page.goto(demo.url + link);
  assert.equal(page.url(), `${demo.url}/photo`, 'the address has no token');
  return link;
}

const photoOf = (id) => api(demo, demo.keys.secretariat, 'GET', `${people[id].name}/photo`);

async function decide(id, decision) {
  const { name, etag } = await photoOf(id);
  await api(demo, demo.keys.secretariat, 'POST', `${meeting}/delegations/-/photos:batchDecide`, { decisions: [{ name, etag, ...decision }] });
}

async function send(page) {
  await page.evaluate(() => document.querySelector('main').classList.add('before'));
  await page.locator('#send').click();
  await page.waitForSelector('main:not(.before) .notice.done');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.notice.done')), 'the notice has the focus');
}

const visitors = [['es', 'phone', phone, 'M1'], ['es', 'desktop', desktop, 'M2'], ['ar', 'phone', phone, 'X1'], ['ar', 'desktop', desktop, 'X2']];
for (const [language, size, viewport, id] of visitors) {
  test(`the way of a photograph in ${language}, ${size}`, async () => {
    const context = await open({ viewport, locale: 'en', refused: true, hasTouch: size === 'phone' });
    const page = await context.newPage();
    const look = async (name) => {
      assert.equal(await page.getAttribute('html', 'lang'), language);
      assert.equal(await page.getAttribute('html', 'dir'), language === 'ar' ? 'rtl' : 'ltr');
      assert.equal(await page.locator('h1').count(), 1, `${name}: h1`);
      await check(page, `${name}, ${language}, ${size}`);
      await page.screenshot({ path: join(pictures, `${name}-${language}-${size}.png`), fullPage: true });
    };
    await come(page, id);
    await look('photo');
    assert.ok((await page.textContent('.greeting')).includes(people[id].displayName));
    await page.setInputFiles('#file', heic);
    await page.waitForFunction(() => document.querySelector('#photo-problem').textContent.includes('HEIC'));
    await look('photo-heic');
    await page.setInputFiles('#file', good);
    await page.waitForSelector('#crop:not([hidden])');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'crop-title');
    assert.equal(await page.textContent('#photo-problem'), '');
    await look('photo-crop');
    await send(page);
    assert.equal((await photoOf(id)).state, 'UPLOADED');
    await page.waitForFunction(() => document.querySelector('#preview-kept').naturalWidth === 600);
    await look('photo-sent');
    assert.equal((await photoOf(id)).findings.length, 0, 'a good photograph');
    await page.setInputFiles('#file', striped);
    await page.waitForSelector('#crop:not([hidden])');
    await send(page);
    assert.equal(await page.locator('.advice li').count(), 2);
    await look('photo-advice');

    await decide(id, { rejection: 'BACKGROUND', note: 'Delante de una pared blanca, por favor. <b>' });
    await come(page, id, 1);
    assert.match(await page.textContent('#state'), /<b>/);
    await look('photo-rejected');
    await page.setInputFiles('#file', good);
    await page.waitForSelector('#crop:not([hidden])');
    await send(page);
    await decide(id, {});
    await page.reload();
    await look('photo-accepted');
    await page.goto(demo.url + (await linkOf(demo, people[id].name)));
    assert.equal(await page.locator('main.photo').count(), 0, 'an earlier link has ended');
    await page.goto(`${demo.url}/photo?lang=${language}`);
    await page.goto(`${demo.url}/photo/pll_nobody_1_x`);
    await look('photo-link');
    await context.close();
  });
}

test('a script in a name is text', async () => {
  const context = await open({ locale: 'es' });
  const page = await context.newPage();
  await context.addInitScript(() => { window.alert = () => { throw new Error('it ran'); }; });
  await page.goto(demo.url + (await linkOf(demo, people.M2.name, 1)));
  assert.match(await page.textContent('.greeting'), /<script>alert\(1\)<\/script> Plantilla/);
  assert.match(await page.textContent('.pass-name'), /<script>/);
  await context.close();
});

describe('with the keyboard alone', { concurrency: 1 }, () => {
  let context, page;
  before(async () => {
    context = await open({ locale: 'en' });
    page = await context.newPage();
  });
  after(() => context.close());

  test('a photograph is chosen, moved and sent', async () => {
    await come(page, 'M3');
    await page.goto(`${demo.url}/photo?lang=en`);
    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, '#file');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(good);
    await page.waitForSelector('#crop:not([hidden])');
    await tabTo(page, '#crop-picture');
    const says = () => page.textContent('#crop-says');
    await page.waitForFunction(() => document.querySelector('#crop-says').textContent.includes('Size 100%'));
    const shown = () => page.evaluate(() => document.querySelector('#crop-picture').toDataURL());
    const first = await shown();
    for (let i = 0; i < 5; i++) await page.keyboard.press('+');
    await page.waitForFunction(() => document.querySelector('#crop-says').textContent.includes('Size 150%'));
    assert.equal(await page.inputValue('#crop-zoom'), '150');
    const larger = await shown();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowUp');
    await page.waitForFunction((text) => document.querySelector('#crop-says').textContent !== text, await says());
    assert.match(await says(), /Section at 4\d% across and \d\d% down/);
    assert.equal(new Set([first, larger, await shown()]).size, 3, 'each looks different');
    await page.keyboard.press('-');
    await tabTo(page, '#crop-zoom');
    await page.keyboard.press('ArrowRight');
    await tabTo(page, '[data-move="left"]');
    await page.keyboard.press('Enter');
    await tabTo(page, '#crop-turn');
    await page.keyboard.press('Space');
    assert.match(await says(), /90 degrees/);
    await tabTo(page, '#send');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.done');
    assert.equal((await photoOf('M3')).state, 'UPLOADED');
  });

  test('and taken back', async () => {
    await tabTo(page, '#state summary');
    await page.keyboard.press('Enter');
    await tabTo(page, '#withdraw');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/photo?done=withdrawn');
    assert.ok(await page.evaluate(() => document.activeElement.matches('.notice.done')), 'the notice has the focus');
    assert.equal((await photoOf('M3')).state, 'WITHDRAWN');
    assert.equal(await page.locator('#preview-none').count(), 1);
  });
});

test('with a mouse and with a finger', async () => {
  for (const hasTouch of [false, true]) {
    const context = await open({ viewport: phone, locale: 'en', hasTouch });
    const page = await context.newPage();
    await come(page, 'M3');
    await page.setInputFiles('#file', good);
    await page.waitForSelector('#crop:not([hidden])');
    await page.locator('#crop-zoom').fill('200');
    const shown = () => page.evaluate(() => document.querySelector('#crop-picture').toDataURL());
    await page.locator('#crop-picture').scrollIntoViewIfNeeded();
    const before = await shown();
    const box = await page.locator('#crop-picture').boundingBox();
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    if (hasTouch) {
      const finger = await context.newCDPSession(page);
      const touch = (type, ...points) => finger.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
      await touch('touchStart', [at.x - 20, at.y], [at.x + 20, at.y]);
      for (let d = 25; d <= 60; d += 5) await touch('touchMove', [at.x - d, at.y], [at.x + d, at.y]);
      await touch('touchEnd');
      assert.ok(Number(await page.inputValue('#crop-zoom')) > 300, 'two fingers enlarge');
    } else {
      await page.mouse.move(at.x, at.y);
      await page.mouse.down();
      await page.mouse.move(at.x + 40, at.y + 25, { steps: 4 });
      await page.mouse.up();
    }
    assert.notEqual(await shown(), before);
    await context.close();
  }
});

test('with the camera', async () => {
  const context = await open({ locale: 'en', permissions: ['camera'] });
  const page = await context.newPage();
  await come(page, 'M5');
  assert.ok(await page.locator('#selfie-field').isHidden());
  await page.locator('#camera-open').click();
  await page.waitForFunction(() => document.querySelector('#camera-picture').videoWidth > 0);
  await check(page, 'the camera');
  await page.screenshot({ path: join(pictures, 'photo-camera-es-desktop.png'), fullPage: true });
  await page.locator('#camera-take').click();
  await page.waitForSelector('#crop:not([hidden])');
  assert.ok(await page.locator('#camera').isHidden(), 'the camera is off');
  assert.equal(await page.evaluate(() => document.querySelector('#camera-picture').srcObject), null);
  await send(page);
  assert.equal((await photoOf('M5')).state, 'UPLOADED');
  await context.close();
});

test('without a camera a field for files takes its place', async () => {
  const context = await open({ locale: 'en' });
  await context.addInitScript(() => {
    if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  const page = await context.newPage();
  await come(page, 'M5');
  await page.locator('#camera-open').click();
  await page.waitForSelector('#selfie-field:visible');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'selfie');
  assert.equal(await page.getAttribute('#selfie', 'capture'), 'user');
  assert.match(await page.textContent('#photo-problem'), /cámara/);
  await context.close();
});

test('without a script', async () => {
  const context = await open({ javaScriptEnabled: false, locale: 'en', refused: true });
  const page = await context.newPage();
  const link = await come(page, 'M4');
  await page.goto(`${demo.url}/photo?lang=en`);
  assert.ok(await page.getByLabel('Or take one with the camera').isVisible());
  const press = () => page.getByRole('button', { name: 'Send the photograph' }).click();
  await press();
  assert.match(await page.textContent('.summary'), /Choose a photograph first/);
  await page.getByLabel('Choose a photograph').setInputFiles(heic);
  await press();
  assert.match(await page.textContent('.summary'), /HEIC/);
  await page.getByLabel('Choose a photograph').setInputFiles({ ...heic, buffer: Buffer.alloc(11 << 20) });
  await press();
  assert.match(await page.textContent('.summary'), /larger than 10 MB/);
  await page.getByLabel('Choose a photograph').setInputFiles(striped);
  await press();
  assert.match(await page.textContent('.notice.done'), /has been received/);
  assert.match(await page.textContent('.advice'), /few pixels[^]*bare, light wall/);
  assert.ok(!(await page.content()).includes(link.split('_').at(-1)), 'the page has the token');
  await page.getByText('Take the photograph back').click();
  await page.getByRole('button', { name: 'Take it back and delete it' }).click();
  assert.match(await page.textContent('.notice.done'), /taken back and deleted/);
  await page.getByRole('button', { name: 'Leave the page' }).click();
  assert.match(await page.textContent('h1'), /You have left/);
  await page.goto(`${demo.url}/photo`);
  assert.match(await page.textContent('h1'), /Open the link/);
  await context.close();
});

test('what was chosen stays when the sending fails', async () => {
  const context = await open({ locale: 'en', refused: true });
  const page = await context.newPage();
  await come(page, 'M6');
  await page.setInputFiles('#file', good);
  await page.waitForSelector('#crop:not([hidden])');
  for (const fail of [(route) => route.abort('connectionreset'), (route) => route.fulfill({ status: 503 })]) {
    await page.route('**/photo', fail, { times: 1 });
    await page.locator('#send').click();
    await page.waitForFunction(() => document.querySelector('#photo-problem').textContent !== '' && !document.querySelector('#send').disabled);
    assert.ok(await page.locator('#crop').isVisible());
  }
  await send(page);
  assert.equal((await photoOf('M6')).state, 'UPLOADED');
  await context.close();
});

test('a page is not sent for somebody whose link was opened since', async () => {
  const context = await open({ locale: 'en', refused: true });
  const [mine, other] = [await context.newPage(), await context.newPage()];
  await come(mine, 'M6');
  const before = await photoOf('M6');
  await mine.setInputFiles('#file', good);
  await mine.waitForSelector('#crop:not([hidden])');
  await come(other, 'M7');
  await mine.locator('#send').click();
  await mine.waitForSelector('.summary');
  assert.match(await mine.textContent('.summary'), /Pedro Esbozo/);
  assert.equal((await photoOf('M6')).etag, before.etag);
  assert.equal((await photoOf('M7')).state, 'REQUESTED');
  await context.close();
});

test('all languages, 320 px, and less than 100 KB', async () => {
  const context = await open({ viewport: { width: 320, height: 640 }, locale: 'fr' });
  const page = await context.newPage();
  await come(page, 'M7');
  assert.equal(await page.getAttribute('html', 'lang'), 'fr', 'without a language of the participant the one of the browser');
  for (const language of ['ar', 'zh', 'en', 'fr', 'ru', 'es']) {
    await page.goto(`${demo.url}/photo?lang=${language}`);
    const bytes = await page.evaluate(async () => {
      const parts = [...document.querySelectorAll('link, script, img')].map((e) => e.href || e.src);
      const read = await Promise.all([location.href, ...parts].map(async (address) => (await (await fetch(address)).arrayBuffer()).byteLength));
      return read.reduce((a, b) => a + b);
    });
    console.log(`${language}: ${bytes} bytes`);
    assert.ok(bytes > 20000 && bytes < 100 << 10, `${language}: ${bytes} bytes`);
    await page.setInputFiles('#file', good);
    await page.waitForSelector('#crop:not([hidden])');
    await fits(page, `${language}, 320 px`);
  }
  await context.close();
});

test('in the dark', async () => {
  const context = await open({ viewport: phone, colorScheme: 'dark', locale: 'en' });
  const page = await context.newPage();
  await come(page, 'M6');
  await page.setInputFiles('#file', good);
  await page.waitForSelector('#crop:not([hidden])');
  await check(page, 'dark');
  await page.screenshot({ path: join(pictures, 'photo-dark-phone.png'), fullPage: true });
  await context.close();
});

test('nothing was complained about, nothing left the house, and no address told the token', () => {
  assert.deepEqual(complaints, []);
});
