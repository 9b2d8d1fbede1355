// Drives the pages in Chromium against a server with the demo's data: what axe
// finds, keyboard, no script, live changes. Leaves pictures in build/browser.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { begin, check, complaints, demo, desktop, end, fits, open, phone, pictures, tabTo } from './browser.js';
import { api, meeting, submit } from './demo.js';

let signedIn;

before(async () => {
  await begin();
  await submit(demo, 'MEX', [
    { externalId: 'M1', honorific: 'Excma. Sra.', givenName: 'María de los Ángeles', familyName: 'Ejemplo de la Muestra', functionalTitle: 'Embajadora, Representante Permanente', role: 'HEAD' },
    { externalId: 'M2', givenName: '<script>alert(1)</script>', familyName: 'Plantilla', functionalTitle: 'Fiscal', role: 'EXPERT', modality: 'ONLINE' },
  ]);
  await submit(demo, 'EGY', [
    { externalId: 'E1', honorific: 'سعادة السفير', givenName: 'كريم', familyName: 'المثال', latinGivenName: 'Karim', latinFamilyName: 'ALMITHAL', functionalTitle: 'السفير، الممثل الدائم', role: 'HEAD' },
    { externalId: 'E9', givenName: 'سلمى', familyName: 'التجربة', latinGivenName: 'Salma', latinFamilyName: 'ALTAJRIBA', functionalTitle: 'مستشارة', role: 'ADVISER' },
    ...(await api(demo, demo.keys.missions.EGY, 'GET', `${meeting}/delegations/EGY/participants`)).participants.slice(1, 3),
  ]);
  const { endDate } = await api(demo, demo.keys.secretariat, 'GET', meeting);
  await api(demo, demo.keys.secretariat, 'PATCH', meeting, { photoDeadline: endDate, credentialsRule: { dueOffset: '-86400s' } });
  signedIn = await signIn();
});

after(end);

async function signIn() {
  const context = await open({ locale: 'en' });
  const page = await context.newPage();
  await page.goto(`${demo.url}/sign-in`);
  await page.getByLabel('Key').fill(demo.keys.secretariat);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/meetings');
  const state = await context.storageState();
  await context.close();
  state.cookies = state.cookies.filter((c) => c.name === 'placard_session');
  return state;
}

const languages = { en: 'ltr', es: 'ltr', ar: 'rtl' };

for (const [language, direction] of Object.entries(languages)) {
  for (const [size, viewport] of Object.entries({ phone, desktop })) {
    test(`every page in ${language}, ${size}`, async () => {
      const context = await open({ viewport, storageState: signedIn, refused: true });
      const page = await context.newPage();
      const look = async (name) => {
        assert.equal(await page.getAttribute('html', 'lang'), language);
        assert.equal(await page.getAttribute('html', 'dir'), direction);
        assert.equal(await page.locator('h1').count(), 1, `${name}: h1`);
        await check(page, `${name}, ${language}, ${size}`);
        await page.screenshot({ path: join(pictures, `${name}-${language}-${size}.png`), fullPage: true });
      };
      await page.goto(`${demo.url}/meetings?lang=${language}`);
      await look('meetings');
      await page.goto(`${demo.url}/${meeting}`);
      await page.waitForFunction(() => document.querySelector('#live').textContent !== '');
      await page.waitForFunction(() => document.querySelector('.chart img').naturalWidth > 0);
      await page.locator('#days-table summary').click();
      await look('meeting');
      await page.goto(`${demo.url}/${meeting}?delegation=SUBMITTED&search=zzz`);
      await look('meeting-none');
      await page.goto(`${demo.url}/meetings/wgtip-2010`);
      await look('meeting-concluded');
      await page.goto(`${demo.url}/${meeting}`);
      await page.locator('#return-RUS > summary').click();
      await page.locator('#return-RUS button').click();
      await page.waitForURL('**/return');
      await look('meeting-refused');
      await page.goto(`${demo.url}/meetings/none`);
      await look('not-found');
      await context.clearCookies({ name: 'placard_session' });
      await page.goto(`${demo.url}/sign-in`);
      await look('sign-in');
      await page.locator('main button').click();
      await page.waitForSelector('.summary');
      await look('sign-in-refused');
      await context.close();
    });
  }
}

test('what is due stands there by the clocks at the venue and in UTC', async () => {
  const { deadlines } = await api(demo, demo.keys.secretariat, 'GET', meeting);
  assert.deepEqual(deadlines.map((d) => d.kind), ['COMPOSITION', 'CREDENTIALS', 'OPENING', 'PHOTO']);
  const context = await open({ storageState: signedIn, locale: 'en' });
  const page = await context.newPage();
  for (const language of ['en', 'ar']) {
    await page.goto(`${demo.url}/${meeting}?lang=${language}`);
    const times = await page.locator('.deadlines time').evaluateAll((all) => all.map((t) => t.dateTime));
    assert.deepEqual(times, deadlines.flatMap((d) => [d.venueTime, d.time]));
    assert.equal(await page.locator('.deadlines .badge').count(), 0, 'nothing is past');
  }
  await page.goto(`${demo.url}/${meeting}?lang=en`);
  assert.match(await page.textContent('.deadlines div:first-child'), /24:00\s+\(Europe\/Vienna, UTC\+[12]\)\s+=\s+2[23]:00 UTC/);
  await page.goto(`${demo.url}/meetings/wgtip-2010`);
  assert.match(await page.textContent('.deadlines'), /Passed\s+15 January 2010, 24:00\s+\(Europe\/Vienna, UTC\+1\)\s+= 23:00 UTC/);
  assert.match(await page.textContent('.deadlines'), /Opened/);
  await context.close();
});

test('in the dark', async () => {
  for (const [size, viewport] of Object.entries({ phone, desktop })) {
    const context = await open({ viewport, colorScheme: 'dark', storageState: signedIn });
    const page = await context.newPage();
    await page.goto(`${demo.url}/${meeting}?lang=es`);
    await page.waitForFunction(() => document.querySelector('.chart img').naturalWidth > 0);
    await check(page, `dark, ${size}`);
    await page.screenshot({ path: join(pictures, `meeting-dark-${size}.png`), fullPage: true });
    await context.close();
  }
});

test('nothing is wider than 320 px, in any language', async () => {
  const context = await open({ viewport: { width: 320, height: 640 }, storageState: signedIn });
  const page = await context.newPage();
  for (const language of ['ar', 'zh', 'en', 'fr', 'ru', 'es']) {
    for (const path of ['meetings', meeting]) {
      await page.goto(`${demo.url}/${path}?lang=${language}`);
      await fits(page, `${path}, ${language}, 320 px`);
    }
  }
  await context.close();
});

describe('with the keyboard alone', { concurrency: 1 }, () => {
  let context, page;
  before(async () => {
    context = await open({ locale: 'en' });
    page = await context.newPage();
  });
  after(() => context.close());

  test('skip link and sign-in', async () => {
    await page.goto(`${demo.url}/${meeting}`);
    assert.match(page.url(), /\/sign-in\?next=/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await tabTo(page, '#key');
    await page.keyboard.type(demo.keys.secretariat);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/${meeting}`);
  });

  test('accept', async () => {
    await tabTo(page, '#accept-MEX');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.done');
    assert.match(await page.textContent('.notice.done'), /Mexico, revision 1/);
    assert.ok(await page.evaluate(() => document.activeElement.matches('.notice.done')), 'the notice has the focus');
    const now = await api(demo, demo.keys.secretariat, 'GET', `${meeting}/delegations/MEX`);
    assert.equal(now.state, 'ACCEPTED');
  });

  test('return, with what is missing said first', async () => {
    await tabTo(page, '#return-RUS > summary');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('  ');
    await page.keyboard.press('Tab');
    complaints.length = 0;
    await page.keyboard.press('Enter');
    await page.waitForURL('**/return');
    assert.ok(await page.evaluate(() => document.activeElement.matches('.summary')), 'the summary has the focus');
    complaints.length = 0; // the browser reports the answer 422
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // to the field
    assert.equal(await page.evaluate(() => document.activeElement.id), 'reasons-RUS');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('The title of the second person is missing.');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.done');
    const now = await api(demo, demo.keys.secretariat, 'GET', `${meeting}/delegations/RUS`);
    assert.equal(now.state, 'RETURNED');
    assert.deepEqual(now.returnReasons, ['The title of the second person is missing.']);
  });
});

test('changes are shown while somebody writes', async () => {
  const context = await open({ storageState: signedIn, locale: 'en' });
  const page = await context.newPage();
  await page.goto(`${demo.url}/${meeting}`);
  await page.waitForFunction(() => document.querySelector('#live').textContent !== '');
  await page.locator('#return-EGY > summary').click();
  await page.locator('#reasons-EGY').fill('Being written');
  const waiting = Number(await page.textContent('#review-number'));
  await submit(demo, 'AUT', [
    { externalId: 'A1', givenName: 'Anna', familyName: 'Beispiel', role: 'HEAD' },
    { externalId: 'A2', givenName: 'Lukas', familyName: 'MUSTERMANN', role: 'EXPERT' },
  ]);
  await page.waitForSelector('#review-AUT', { timeout: 15000 });
  assert.equal(await page.inputValue('#reasons-EGY'), 'Being written');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'reasons-EGY');
  assert.equal(Number(await page.textContent('#review-number')), waiting + 1);
  assert.match(await page.textContent('#live'), /Updated at/);

  // The composition that is being looked at changes: what was typed stays, and
  // the revision that was looked at is not taken for the new one.
  await submit(demo, 'EGY', [{ externalId: 'E1', givenName: 'كريم', familyName: 'المثال', role: 'HEAD' },
    { externalId: 'E9', givenName: 'سلمى', familyName: 'التجربة', role: 'EXPERT' },
    { externalId: 'E10', givenName: 'هدى', familyName: 'المثال', role: 'EXPERT' }]);
  await page.waitForFunction(() => {
    if (!document.querySelector('#return-EGY button').textContent.includes('3')) return false;
    document.querySelector('#accept-EGY').click(); // meant for revision 2
    return true;
  }, null, { timeout: 15000 });
  assert.equal((await api(demo, demo.keys.secretariat, 'GET', `${meeting}/delegations/EGY`)).state, 'SUBMITTED');
  assert.equal(await page.inputValue('#reasons-EGY'), 'Being written');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'reasons-EGY');
  await context.close();
});

test('a change that could not be read is read later', async () => {
  const context = await open({ storageState: signedIn, locale: 'en', refused: true });
  const page = await context.newPage();
  await page.goto(`${demo.url}/${meeting}`);
  await page.waitForFunction(() => document.querySelector('#live').textContent !== '');
  await page.route(`${demo.url}/${meeting}`, (route) => route.fulfill({ status: 503 }), { times: 1 });
  await submit(demo, 'BRA', [{ externalId: 'B1', givenName: 'Ana', familyName: 'Modelo', role: 'HEAD' }]);
  await page.waitForSelector('#review-BRA', { timeout: 30000 });
  await context.close();
});

test('without a script', async () => {
  const context = await open({ javaScriptEnabled: false, locale: 'en' });
  const page = await context.newPage();
  await page.goto(`${demo.url}/${meeting}`);
  await page.getByLabel('Key').fill(demo.keys.secretariat);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**/${meeting}`);
  await page.getByLabel('Name or code').fill('chin');
  await page.locator('#entities button').click();
  assert.equal(await page.locator('.entities tbody tr').count(), 1);
  await page.getByRole('link', { name: 'Show all' }).click();
  await submit(demo, 'CHN', [
    ...(await api(demo, demo.keys.missions.CHN, 'GET', `${meeting}/delegations/CHN/participants`)).participants,
    { givenName: '文', familyName: '范', role: 'EXPERT' },
  ]);
  await page.getByRole('link', { name: 'Refresh' }).click();
  await page.locator('#accept-CHN').click();
  assert.match(await page.textContent('.notice.done'), /China, revision 2/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(`${demo.url}/${meeting}`);
  assert.match(page.url(), /sign-in/);
  await context.close();
});

test('nothing was complained about, and nothing left the house', () => {
  assert.deepEqual(complaints, []);
});
