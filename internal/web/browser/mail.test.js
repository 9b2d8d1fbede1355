// The way of a photograph from the acceptance of a composition through a mail server
// that is not ours: the message as it came is opened in Chromium, its link followed,
// and the photograph sent, with a finger and with the keyboard alone.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { beginWith, check, complaints, demo, end, open, phone, pictures, tabTo, wcag } from './browser.js';
import { api, meeting, submit } from './demo.js';
import { missing, startMail } from './mail.js';
import { portrait } from './portrait.js';

if (missing && process.env.PLACARD_TEST_MAIL === 'required') throw new Error(missing);

const good = { name: 'retrato.png', mimeType: 'image/png', buffer: portrait(1200, 1500) };

const delegations = {
  MEX: [
    { externalId: 'MEX-M1', givenName: 'María de los Ángeles', familyName: 'Ejemplo de la Muestra', language: 'es', role: 'HEAD' },
    { externalId: 'MEX-M2', givenName: 'Iñigo', familyName: 'Modelo', language: 'es', role: 'EXPERT' },
  ],
  EGY: [
    { externalId: 'EGY-M1', givenName: 'هدى', familyName: 'المثال', latinGivenName: 'Huda', latinFamilyName: 'ALMITHAL', language: 'ar', role: 'HEAD' },
    { externalId: 'EGY-M2', givenName: 'سلمى', familyName: 'التجربة', latinGivenName: 'Salma', latinFamilyName: 'ALTAJRIBA', language: 'ar', role: 'EXPERT' },
  ],
};
const address = (id) => `${id.toLowerCase()}@mission.example`;

const visitors = [
  ['es', 'finger', 'MEX-M1'], ['es', 'keyboard', 'MEX-M2'],
  ['ar', 'finger', 'EGY-M1'], ['ar', 'keyboard', 'EGY-M2'],
];

describe('through a mail server', { skip: missing || false }, () => {
  let mail;
  // people are the participants, by their external ids.
  const people = {};
  // written are the addresses of them to which messages went.
  const written = () => mail.taken.flatMap((m) => m.rcpt_to).filter((to) => visitors.some(([, , id]) => to === address(id))).sort();

  before(async () => {
    mail = await startMail();
    await beginWith(mail.address);
    const submitted = {};
    for (const [entity, participants] of Object.entries(delegations)) {
      const path = `${meeting}/delegations/${entity}`;
      const { participants: there = [] } = await api(demo, demo.keys.secretariat, 'GET', `${path}/participants`).catch(() => ({})); // none yet
      const { delegation } = await submit(demo, entity, [
        ...participants.map((p) => ({ ...p, email: address(p.externalId) })), ...there.map((p) => ({ ...p, role: 'ADVISER' })),
      ]);
      submitted[path] = delegation.latestRevision;
    }
    assert.deepEqual(written(), [], 'nobody is asked before the acceptance');
    for (const [path, revision] of Object.entries(submitted)) {
      await api(demo, demo.keys.secretariat, 'POST', `${path}:accept`, { revision });
      const { participants } = await api(demo, demo.keys.secretariat, 'GET', `${path}/participants`);
      for (const p of participants) people[p.externalId] = p;
    }
  });

  after(async () => {
    await end();
    await mail?.stop();
  });

  for (const [language, by, id] of visitors) {
    test(`from the message to the photograph in ${language}, by ${by}`, async () => {
      const context = await open({ viewport: phone, locale: 'en', hasTouch: by === 'finger', isMobile: by === 'finger' });
      const page = await context.newPage();
      const look = async (name, rules) => {
        assert.equal(await page.getAttribute('html', 'lang'), language);
        assert.equal(await page.getAttribute('html', 'dir'), language === 'ar' ? 'rtl' : 'ltr');
        await check(page, `${name}, ${language}, ${by}`, rules);
        await page.screenshot({ path: join(pictures, `mail-${name}-${language}-${by}.png`), fullPage: true });
      };
      // press does what a button or link is for; a finger does it where it is seen.
      const press = async (selector, seen = selector) => {
        if (by === 'finger') return page.locator(seen).tap();
        await tabTo(page, selector);
        return page.keyboard.press('Enter');
      };

      const message = await mail.to(address(id));
      assert.deepEqual(message.rcpt_to, [address(id)]);
      assert.equal(message.language, language);
      assert.deepEqual(message.defects, []);
      const link = new RegExp(`${demo.url}/photo/pll_${people[id].name.split('/').at(-1)}_1_[\\w-]+`).exec(message.plain)?.[0];
      assert.ok(link, message.plain);
      await page.setContent(message.html);
      await look('message', wcag); // landmarks and the heading are those of the mail program
      await press(`a[href="${link}"]`);
      await page.waitForURL(`${demo.url}/photo`);
      assert.ok((await page.textContent('.greeting')).includes(people[id].displayName));
      await look('opened');

      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press('#file', 'label[for="file"]')]);
      await chooser.setFiles(good);
      await page.waitForSelector('#crop:not([hidden])');
      await look('crop');
      await press('#send');
      await page.waitForSelector('.notice.done');
      assert.ok(await page.evaluate(() => document.activeElement.matches('.notice.done')), 'the notice has the focus');
      await page.waitForFunction(() => document.querySelector('#preview-kept').naturalWidth === 600);
      await look('sent');
      const photo = await api(demo, demo.keys.secretariat, 'GET', `${people[id].name}/photo`);
      assert.equal(photo.state, 'UPLOADED');
      assert.deepEqual(photo.findings, []);
      await context.close();
    });
  }

  test('everybody got one message, and nothing was complained about', () => {
    assert.deepEqual(written(), visitors.map(([, , id]) => address(id)).sort());
    assert.deepEqual(complaints, []);
  });
});
