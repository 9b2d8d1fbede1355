// The page of the photograph: the camera, the section that the badge shows, and the
// progress of the sending. Without this script the page sends the file as it is.
'use strict';

(() => {
  // The proportion of the badge, and the sides of what is sent, in pixels. Larger
  // ones are made smaller, smaller ones stay as they are.
  const proportion = 3 / 4, widest = 1200;
  // What is kept of a photograph while it is cut, in pixels at a side, and the least
  // that the server takes.
  const largest = 3000, least = 200;

  const start = (main) => {
    const form = main.querySelector('#photo-form');
    if (!form || !window.FormData || !window.DOMParser) return;
    form.classList.add('scripted');
    const says = form.dataset;
    const part = (id) => main.querySelector(`#${id}`);
    const file = part('file'), selfie = part('selfie'), problem = part('photo-problem');
    const crop = part('crop'), canvas = part('crop-picture'), zoom = part('crop-zoom'), spoken = part('crop-says');
    const camera = part('camera'), video = part('camera-picture'), open = part('camera-open');
    const preview = part('preview-picture'), kept = part('preview-kept') || part('preview-none');
    const send = part('send'), progress = part('progress'), bar = part('progress-bar'), status = part('photo-says');

    // The photograph, and the section of it: its left upper corner and its size, in
    // pixels of the photograph.
    let picture = null, section = null, base = null;

    const fail = (text) => {
      problem.textContent = text;
      if (text) problem.scrollIntoView({ block: 'nearest' });
    };

    // The section ----------------------------------------------------------------

    const paint = (target, width, height) => {
      target.width = width;
      target.height = height;
      const pen = target.getContext('2d');
      pen.fillStyle = '#fff'; // what is transparent becomes white, as on the server
      pen.fillRect(0, 0, width, height);
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(picture, section.x, section.y, section.w, section.h, 0, 0, width, height);
    };
    const between = (n, low, high) => Math.min(Math.max(n, low), high);
    let later = 0;
    const show = (tell = true) => {
      section.x = between(section.x, 0, picture.width - section.w);
      section.y = between(section.y, 0, picture.height - section.h);
      paint(canvas, 600, 800);
      paint(preview, 300, 400);
      clearTimeout(later);
      if (!tell) return;
      // Once it stands still, in percent of the way that it can be moved.
      later = setTimeout(() => {
        const part = (at, room) => (room < 1 ? 50 : Math.round((100 * at) / room));
        spoken.textContent = says.saysShown
          .replace('{zoom}', Math.round((100 * base.w) / section.w))
          .replace('{across}', part(section.x, picture.width - section.w))
          .replace('{down}', part(section.y, picture.height - section.h));
      }, 300);
    };
    // The middle of the section, or the point under a finger, stays where it is.
    const enlarge = (percent, px = 0.5, py = 0.5) => {
      percent = between(percent, Number(zoom.min), Number(zoom.max));
      const w = (base.w * 100) / percent, h = w / proportion;
      section = { x: section.x + (section.w - w) * px, y: section.y + (section.h - h) * py, w, h };
      zoom.value = String(Math.round(percent));
      show();
    };
    const percent = () => (100 * base.w) / section.w;
    // The photograph is moved, in parts of the section.
    const move = (dx, dy) => {
      section.x -= dx * section.w;
      section.y -= dy * section.h;
      show();
    };
    const reset = () => {
      const w = Math.min(picture.width, picture.height * proportion);
      base = { w, h: w / proportion };
      // Of a high photograph more is cut off below than above: as on the server.
      section = { x: (picture.width - base.w) / 2, y: (picture.height - base.h) / 4, ...base };
      zoom.max = String(between(Math.floor((100 * base.w) / least), 100, 400));
      zoom.value = '100';
      show();
    };
    const turn = () => {
      const turned = document.createElement('canvas');
      turned.width = picture.height;
      turned.height = picture.width;
      const pen = turned.getContext('2d');
      pen.translate(turned.width, 0);
      pen.rotate(Math.PI / 2);
      pen.drawImage(picture, 0, 0);
      picture = turned;
      reset();
      clearTimeout(later);
      spoken.textContent = says.saysTurned;
    };
    // take is given something that can be drawn, and its size.
    const take = (source, width, height) => {
      if (Math.min(width, height) < least) {
        fail(says.saysSmall);
        return;
      }
      const scale = Math.min(1, largest / Math.max(width, height));
      picture = document.createElement('canvas');
      picture.width = Math.round(width * scale);
      picture.height = Math.round(height * scale);
      picture.getContext('2d').drawImage(source, 0, 0, picture.width, picture.height);
      fail('');
      crop.hidden = false;
      preview.hidden = false;
      kept.toggleAttribute('hidden', true);
      reset();
      part('crop-title').focus();
    };
    const forget = () => {
      picture = null;
      crop.hidden = true;
      preview.hidden = true;
      kept.toggleAttribute('hidden', false);
    };

    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = event.shiftKey ? 0.1 : 0.03;
      if (steps[event.key]) move(steps[event.key][0] * step, steps[event.key][1] * step);
      else if (event.key === '+' || event.key === '=') enlarge(percent() + 10);
      else if (event.key === '-' || event.key === '_') enlarge(percent() - 10);
      else return;
      event.preventDefault();
    });
    const directions = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
    for (const button of main.querySelectorAll('[data-move]')) {
      button.addEventListener('click', () => {
        const [dx, dy] = directions[button.dataset.move];
        move(dx * 0.05, dy * 0.05);
      });
    }
    zoom.addEventListener('input', () => enlarge(Number(zoom.value)));
    part('crop-turn').addEventListener('click', turn);
    part('crop-reset').addEventListener('click', reset);

    // One finger or the mouse moves the photograph, two make it larger or smaller.
    const fingers = new Map();
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return { far: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    };
    canvas.addEventListener('pointerdown', (event) => {
      if (fingers.size === 2) return;
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    canvas.addEventListener('pointermove', (event) => {
      const was = fingers.get(event.pointerId);
      if (!was || !picture) return;
      const box = canvas.getBoundingClientRect();
      const before = fingers.size === 2 ? spread() : null;
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (!before) {
        move((event.clientX - was.x) / box.width, (event.clientY - was.y) / box.height);
        return;
      }
      const now = spread();
      move((now.x - before.x) / box.width, (now.y - before.y) / box.height);
      if (before.far > 0) enlarge((percent() * now.far) / before.far, (now.x - box.left) / box.width, (now.y - box.top) / box.height);
    });
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
    }

    // A file --------------------------------------------------------------------

    // kindOf tells by its first bytes what a file is, where that helps.
    const kindOf = async (chosen) => {
      const bytes = new Uint8Array(await chosen.slice(0, 12).arrayBuffer());
      const text = String.fromCharCode(...bytes);
      if (text.slice(4, 8) === 'ftyp' && /^(hei[cxms]|hev[cx]|m[is]f1)$/.test(text.slice(8, 12))) return 'heic';
      return text.startsWith('\xff\xd8') || text.startsWith('\x89PNG') ? 'picture' : 'other';
    };
    const read = async (input) => {
      const chosen = input.files[0];
      (input === file ? selfie : file).value = '';
      stop();
      forget();
      fail('');
      if (!chosen) return;
      status.textContent = says.saysOpening;
      const address = URL.createObjectURL(chosen);
      const image = new Image();
      try {
        image.src = address;
        await image.decode(); // upright, and also of kinds that only this browser knows
        if (input.files[0] === chosen) take(image, image.naturalWidth, image.naturalHeight);
      } catch {
        const kind = await kindOf(chosen).catch(() => 'other');
        fail(kind === 'heic' ? says.saysHeic : kind === 'picture' ? says.saysBroken : says.saysType);
      } finally {
        URL.revokeObjectURL(address);
        status.textContent = '';
      }
    };
    file.addEventListener('change', () => read(file));
    selfie.addEventListener('change', () => read(selfie));

    // The camera ----------------------------------------------------------------

    let stream = null;
    const stop = () => {
      if (stream) for (const track of stream.getTracks()) track.stop();
      stream = null;
      video.srcObject = null;
      camera.hidden = true;
    };
    // Where the page cannot have the camera, a field for files asks the device for it.
    const instead = () => {
      stop();
      open.hidden = true;
      part('selfie-field').hidden = false;
      fail(says.saysCamera);
      selfie.focus();
    };
    if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
      open.hidden = false;
      part('selfie-field').hidden = true;
    }
    open.addEventListener('click', async () => {
      fail('');
      open.disabled = true;
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          audio: false, video: { facingMode: 'user', width: { ideal: 1920 }, height: { ideal: 1440 } },
        });
        video.srcObject = stream;
        camera.hidden = false;
        forget();
        await video.play();
        status.textContent = says.saysReady;
        part('camera-take').focus();
      } catch {
        instead();
      } finally {
        open.disabled = false;
      }
    });
    part('camera-take').addEventListener('click', () => {
      if (!video.videoWidth) return;
      file.value = '';
      selfie.value = '';
      status.textContent = '';
      take(video, video.videoWidth, video.videoHeight);
      stop();
    });
    part('camera-close').addEventListener('click', () => {
      stop();
      status.textContent = '';
      open.focus();
    });
    window.addEventListener('pagehide', stop);

    // Sending -------------------------------------------------------------------

    // The answer is a page: what it says takes the place of what is there.
    const replace = (text) => {
      const next = new DOMParser().parseFromString(text, 'text/html');
      const fresh = next.getElementById('main');
      if (!fresh) return false;
      stop();
      main.replaceWith(document.adoptNode(fresh));
      document.title = next.title;
      history.replaceState(null, '', '/photo');
      start(fresh);
      const first = fresh.querySelector('[data-focus]') || fresh;
      first.focus();
      return true;
    };
    const ended = (text) => {
      send.disabled = false;
      progress.hidden = true;
      status.textContent = '';
      fail(text);
    };
    const post = (blob) => {
      const body = new FormData();
      body.append('for', form.elements.for.value);
      body.append('photo', blob, 'photo.jpg');
      const request = new XMLHttpRequest();
      let said = -1;
      const tell = (done) => {
        bar.value = done;
        const quarter = Math.floor(done / 25) * 25;
        if (quarter === said) return;
        said = quarter;
        status.textContent = says.saysSending.replace('{percent}', String(quarter));
      };
      request.open('POST', form.action);
      request.setRequestHeader('Accept', 'text/html');
      request.upload.addEventListener('progress', (event) => {
        if (event.lengthComputable) tell(Math.floor((100 * event.loaded) / event.total));
      });
      request.addEventListener('load', () => {
        // What may go well in a while keeps what was chosen.
        if (request.status === 429 || request.status >= 500) ended(says.saysBusy);
        else if (!replace(request.responseText)) ended(says.saysNetwork);
      });
      request.addEventListener('error', () => ended(says.saysNetwork));
      request.addEventListener('abort', () => ended(says.saysNetwork));
      fail('');
      send.disabled = true;
      progress.hidden = false;
      tell(0);
      request.send(body);
    };
    form.addEventListener('submit', (event) => {
      if (!picture) return; // the server says what is missing, or is wrong with the file
      event.preventDefault();
      if (send.disabled) return;
      const made = document.createElement('canvas');
      const width = Math.min(widest, Math.max(least, Math.round(section.w)));
      paint(made, width, Math.round(width / proportion));
      made.toBlob((blob) => (blob ? post(blob) : fail(says.saysBroken)), 'image/jpeg', 0.92);
    });
  };

  start(document.getElementById('main'));
})();
