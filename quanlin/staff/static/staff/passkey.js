// Passkeys: what the server sends as JSON becomes what the browser wants, and back. Forms are marked
// data-passkey="enter" (sign in with it alone), "authenticate" (as the second proof) or "add"; they are shown
// only where the browser can do it. The page's data stands in #passkey-data; "enter" fetches its own.

const words = {
  NotAllowedError: '没有完成：取消了，或者时间过了。请再按一次。',
  InvalidStateError: '没有添加：这个设备已经添加过了。',
  SecurityError: '没有完成：这个网址不能用通行密钥。请用域名打开，不要用数字地址。',
};

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join('');
  return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

function options(publicKey) {
  const made = { ...publicKey, challenge: bytes(publicKey.challenge) };
  const ids = (list) => list?.map((key) => ({ ...key, id: bytes(key.id) }));
  if (publicKey.user) made.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  if (publicKey.excludeCredentials) made.excludeCredentials = ids(publicKey.excludeCredentials);
  if (publicKey.allowCredentials) made.allowCredentials = ids(publicKey.allowCredentials);
  return made;
}

function answer(credential) {
  const { response } = credential;
  const sent = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[name]) sent[name] = text(response[name]);
  }
  if (response.getTransports) sent.transports = response.getTransports();
  return {
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response: sent,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

const onPage = () => JSON.parse(document.getElementById('passkey-data').textContent);

const ways = {
  async add() {
    const { publicKey } = onPage().creation_options;
    const made = options(publicKey);
    made.authenticatorSelection = {
      ...made.authenticatorSelection, residentKey: 'required', requireResidentKey: true, userVerification: 'required',
    };
    return navigator.credentials.create({ publicKey: made });
  },
  async authenticate() {
    return navigator.credentials.get({ publicKey: options(onPage().request_options.publicKey) });
  },
  async enter(form) {
    const response = await fetch(form.action, { headers: { Accept: 'application/json' } });
    if (!response.ok) throw new Error('no challenge');
    return navigator.credentials.get({ publicKey: options((await response.json()).request_options.publicKey) });
  },
};

for (const form of document.querySelectorAll('form[data-passkey]')) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const fault = form.querySelector('[data-fault]');
    const button = form.querySelector('button');
    fault.hidden = true;
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(answer(await ways[form.dataset.passkey](form)));
      form.submit();
    } catch (problem) {
      fault.textContent = words[problem.name] ?? '没有完成：通行密钥没有应答。请再按一次，或用密码和验证码。';
      fault.hidden = false;
      button.disabled = false;
    }
  });
}
