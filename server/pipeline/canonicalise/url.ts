import { refang } from "../refang.ts";
import { asciiDomain } from "./domain.ts";
import { dotted, parseIpv4 } from "./ipv4.ts";
import { canonicaliseIpv6 } from "./ipv6.ts";
import { brokenText, type Canonicalised, fine, problem, remarked } from "./outcome.ts";

const ALLOWED = "is no URL of a network address: http, https, ftp or another scheme with :// and a host is wanted";
/** Schemes whose syntax the URL standard calls special: it gives them default ports, host forms and `/` as the empty path. */
const SPECIAL = /^(?:https?|ftp|wss?):/i;
/** Other schemes that name a host on a network; every one not here or above is no indicator (`file:`, `javascript:`, `data:`, …). */
const NETWORK = new Set(
  `amqp amqps dns ftps git gopher grpc imap imaps irc ircs ldap ldaps mms mongodb mqtt mqtts mysql nfs nntp pop3 postgres
   postgresql quic rdp redis rediss rlogin rsync rtmp rtmps rtsp rtsps sftp sip smb smtp smtps socks socks4 socks5 ssh ssl
   stratum stratum+ssl stratum+tcp stratum+tls svn tcp telnet tftp tls udp vnc xmpp`.split(/\s+/),
);
const WITH_SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]{0,31}):\/\//;
const UNRESERVED = /[A-Za-z0-9._~-]/;
const HEX = /[0-9A-Fa-f]/;

/**
 * Percent-encoding in its one form (RFC 3986 section 6.2.2): upper-case digits, unreserved characters decoded. One that would
 * complete a stray `%` before it stays encoded, so that the result is its own canonical form.
 */
function percentNormal(text: string): string {
  if (!text.includes("%")) return text;
  let out = "";
  let stray = -3;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char !== "%" || !HEX.test(text.charAt(i + 1)) || !HEX.test(text.charAt(i + 2))) {
      if (char === "%") stray = out.length;
      out += char;
      continue;
    }
    const code = text.slice(i + 1, i + 3).toUpperCase();
    const decoded = String.fromCharCode(Number.parseInt(code, 16));
    const completes = HEX.test(decoded) && out.length - stray <= 2;
    out += UNRESERVED.test(decoded) && !completes ? decoded : `%${code}`;
    i += 2;
  }
  return out;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** The host of a scheme that the URL standard leaves opaque, in the form it gives the others. */
function opaqueHost(host: string): string | undefined {
  if (!host.startsWith("[")) {
    let plain = host;
    try {
      plain = decodeURIComponent(host);
    } catch {
      return undefined;
    }
    const ipv4 = parseIpv4(plain);
    return ipv4 === undefined ? asciiDomain(plain) : dotted(ipv4);
  }
  const ipv6 = canonicaliseIpv6(host);
  return "value" in ipv6 && !ipv6.value.canonical.includes("/") ? host : undefined;
}

function serialised(url: URL): string | undefined {
  const tail = percentNormal(url.pathname + url.search);
  const user = percentNormal(url.username);
  const password = url.password === "" ? "" : `:${percentNormal(url.password)}`;
  const who = user === "" && password === "" ? "" : `${user}${password}@`;
  if (SPECIAL.test(url.protocol)) return `${url.protocol}//${who}${url.host}${tail}`;
  const host = opaqueHost(url.hostname);
  if (host === undefined) return undefined;
  return `${url.protocol}//${who}${host}${url.port === "" ? "" : `:${url.port}`}${tail === "/" ? "" : tail}`;
}

/** The text with its defanging undone: all of it if scheme or host are defanged, else none: a path may hold `[.]` of its own. */
function live(text: string): string {
  const trimmed = text.trim();
  const scheme = /^[^/]{0,64}:(?:\/\/|\]\/\/|\/\/\])/.exec(trimmed)?.[0].length ?? 0;
  const end = trimmed.slice(scheme).search(/[/?#]/);
  const authority = end === -1 ? trimmed : trimmed.slice(0, scheme + end);
  return refang(authority) === authority ? trimmed : refang(trimmed);
}

/** `text` with `http://` before it, if it begins with a host: a name with a dot in it, or an address. */
function schemeAssumed(text: string): string | undefined {
  const bare = text.startsWith("//") ? text.slice(2) : text;
  const host = /^([^/?#:@\s]{1,1024}|\[[0-9a-fA-F:.]{2,64}\])(?::\d{1,5})?(?:[/?#]|$)/.exec(bare)?.[1];
  if (host === undefined) return undefined;
  const parts = host.split(".").length;
  const name = (parts === 4 && parseIpv4(host) !== undefined) || (parts > 1 && asciiDomain(host) !== undefined);
  return name || host.startsWith("[") ? `http://${bare}` : undefined;
}

/**
 * WHATWG serialisation without fragment, default port and percent-encoding variants; path and query keep case and order
 * (dedup 4). A text without a scheme that begins with a host is read as `http`, with a remark. Problem: `value.url`.
 */
export function canonicaliseUrl(text: string): Canonicalised {
  if (brokenText(text)) return problem("value.url", text, ALLOWED);
  const clear = live(text);
  const scheme = WITH_SCHEME.exec(clear)?.[1]?.toLowerCase();
  const assumed = scheme === undefined && !SPECIAL.test(clear) ? schemeAssumed(clear) : undefined;
  const known = SPECIAL.test(clear) || assumed !== undefined || (scheme !== undefined && NETWORK.has(scheme));
  const url = known ? parse(assumed ?? clear) : undefined;
  const canonical = url === undefined || url.hostname === "" ? undefined : serialised(url);
  if (canonical === undefined) return problem("value.url", text, ALLOWED);
  const outcome = fine("url", canonical);
  return assumed === undefined
    ? outcome
    : remarked(outcome, "value.url_scheme_assumed", "there is no scheme: http is assumed");
}
