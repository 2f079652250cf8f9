// Lighthouse on the app at BASE_URL, as on a phone and on a desktop, and on its page to sign in; ends with 1 when a
// score is too low.
import console from "node:console";
import process from "node:process";
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import { createUser } from "./user.js";

/** Performance is measured on machines that have other things to do; the rest is the same each time. */
const LEAST = { performance: 0.8, accessibility: 1, "best-practices": 0.95, seo: 0.95 };

const { BASE_URL, CHROMIUM = "/usr/bin/chromium" } = process.env;
if (!BASE_URL) throw new Error("BASE_URL is not set: where is the app, e.g. http://127.0.0.1:8080?");

function report(device, { lhr }) {
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  let enough = true;
  for (const [id, least] of Object.entries(LEAST)) {
    const { score, auditRefs } = lhr.categories[id];
    console.log(`${device}: ${id} ${score} (at least ${least})`);
    if (score >= least) continue;
    enough = false;
    const audits = auditRefs.filter(({ weight }) => weight > 0).map((audit) => lhr.audits[audit.id]);
    for (const { id: name, score: of, title } of audits) if (of < 0.9) console.log(`  ${name}: ${title}`);
  }
  return enough;
}

// The sandbox of Chromium refuses to work for root; a local cluster's certificate is of its own authority.
const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const chrome = await launch({
  chromePath: CHROMIUM,
  chromeFlags: ["--headless=new", "--ignore-certificate-errors", ...sandbox],
});
try {
  const options = { port: chrome.port, logLevel: "error", onlyCategories: Object.keys(LEAST) };
  const signIn = report("phone, signed out", await lighthouse(BASE_URL, options));
  const user = await createUser(BASE_URL);
  try {
    const signedIn = { ...options, extraHeaders: user.headers };
    const phone = report("phone", await lighthouse(BASE_URL, signedIn));
    const desktop = report("desktop", await lighthouse(BASE_URL, signedIn, desktopConfig));
    process.exitCode = signIn && phone && desktop ? 0 : 1;
  } finally {
    await user.remove();
  }
} finally {
  chrome.kill();
}
