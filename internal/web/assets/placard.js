// Without this script the pages do the same, with a link to read them again.
'use strict';

(() => {
  // What was done, or has to be put right, is where the reader goes on.
  const first = document.querySelector('[data-focus]');
  if (first) first.focus();

  const main = document.querySelector('main[data-events]');
  if (!main || !window.EventSource) return;
  const says = document.getElementById('live');

  // The parts of the page as the server wrote them, to see what has changed.
  const written = new WeakMap();
  const parts = (root) => root.querySelectorAll('[data-live], [data-live-item]');
  for (const part of parts(document)) written.set(part, part.outerHTML);

  const adopt = (fresh) => {
    const text = fresh.outerHTML;
    const part = document.adoptNode(fresh);
    written.set(part, text);
    return part;
  };

  // What the reader has done to a part since: opened, typed, and where the
  // cursor is.
  const remember = (root) => {
    const typed = [], open = [];
    for (const field of root.querySelectorAll('textarea')) {
      if (field.value !== field.defaultValue) typed.push([field.id, field.value]);
    }
    for (const details of root.querySelectorAll('details[id]')) open.push([details.id, details.open]);
    const active = document.activeElement;
    const focused = active && root.contains(active) ? active : null;
    return {
      typed, open, focus: focused && focused.id,
      inside: focused !== null,
      selection: focused && focused.tagName === 'TEXTAREA' ? [focused.selectionStart, focused.selectionEnd] : null,
    };
  };
  const restore = (before, fallback) => {
    for (const [id, value] of before.typed) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    for (const [id, open] of before.open) {
      const details = document.getElementById(id);
      if (details) details.open = open;
    }
    if (!before.inside || main.contains(document.activeElement)) return;
    const field = (before.focus && document.getElementById(before.focus)) || fallback;
    if (!field) return;
    field.focus({ preventScroll: true });
    if (before.selection && field.setSelectionRange) field.setSelectionRange(...before.selection);
  };

  // What is pressed just after an item came, went or changed was meant for what
  // stood there before.
  let moved = 0;
  main.addEventListener('submit', (event) => {
    if (Date.now() - moved < 1000 && event.target.closest('[data-live-item]')) event.preventDefault();
  });

  const update = (next) => {
    let changed = false;
    const before = remember(main);
    for (const part of main.querySelectorAll('[data-live]')) {
      const fresh = next.getElementById(part.id);
      if (!fresh || fresh.outerHTML === written.get(part)) continue;
      if (part.id !== 'as-of') changed = true;
      part.replaceWith(adopt(fresh));
    }
    // Items are replaced one by one: whoever writes in one is not disturbed by
    // another.
    for (const list of main.querySelectorAll('[data-live-list]')) {
      const wanted = next.getElementById(list.id);
      if (!wanted) continue;
      const present = new Map([...list.children].map((item) => [item.id, item]));
      let at = list.firstElementChild;
      for (const fresh of [...wanted.children]) {
        let item = present.get(fresh.id);
        present.delete(fresh.id);
        if (item && fresh.outerHTML === written.get(item)) {
          if (item === at) at = at.nextElementSibling;
          else list.insertBefore(item, at);
          continue;
        }
        changed = true;
        moved = Date.now();
        const part = adopt(fresh);
        if (item) {
          if (item === at) at = at.nextElementSibling;
          item.replaceWith(part);
          if (part.nextElementSibling !== at) list.insertBefore(part, at);
        } else {
          list.insertBefore(part, at);
        }
      }
      for (const item of present.values()) {
        changed = true;
        moved = Date.now();
        item.remove();
      }
    }
    restore(before, document.getElementById('review-title'));
    if (changed) {
      const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
      says.textContent = main.dataset.saysUpdated.replace('{time}', time.format(new Date()));
    }
  };

  // One request at a time, and one more for what came meanwhile.
  let reading = false, again = false;
  const read = async () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    let wait = 1000;
    try {
      const answer = await fetch(main.dataset.url, { headers: { Accept: 'text/html' }, cache: 'no-store' });
      if (answer.redirected) {
        // The session has ended. What is being typed stays where it is.
        says.textContent = main.dataset.saysOff;
        return;
      }
      if (answer.status === 429 || answer.status >= 500) throw new Error(answer.statusText);
      if (answer.ok) update(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    } catch {
      // What changed was told, and is not told again.
      again = true;
      wait = 10000;
    } finally {
      reading = false;
      if (again) {
        again = false;
        setTimeout(read, wait);
      }
    }
  };

  let stream = null, last = '', opened = false;
  const listen = () => {
    if (stream || document.hidden) return;
    const address = new URL(main.dataset.events, location.href);
    if (last) address.searchParams.set('after', last);
    stream = new EventSource(address);
    stream.addEventListener('open', () => {
      if (!opened) says.textContent = main.dataset.saysLive;
      opened = true;
    });
    stream.addEventListener('change', (event) => {
      last = event.lastEventId;
      read();
    });
    stream.addEventListener('error', () => {
      if (stream.readyState !== EventSource.CLOSED) return; // it tries again by itself
      stream = null;
      opened = false;
      says.textContent = main.dataset.saysOff;
      setTimeout(listen, 30000);
    });
  };
  // A page that nobody looks at holds no connection.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && stream) {
      stream.close();
      stream = null;
    } else {
      listen();
    }
  });
  listen();
})();
