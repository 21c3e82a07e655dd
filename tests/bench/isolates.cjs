// What a platform would run instead of a JavaScript policy: lodash's `mergeWith` in a V8 isolate of its own for each call, with what V8 compiled of lodash kept
// between calls; and the same in this very process, warm, where nothing keeps one tenant's code from another's.
//
// Standard input has a line for each pair of accounts: `{"primary": {…}, "secondary": {…}}`. For each, a line with the median microseconds: `{"fresh": …, "warm": …}`.
// `isolated-vm` and `lodash` are found from the working directory.
const fs = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const local = createRequire(join(process.cwd(), "package.json"));
const ivm = local("isolated-vm");
const lodash = local("lodash");

const TIMES = 200;
const POLICY = `
globalThis.concat = (ours, theirs) => (Array.isArray(ours) ? ours.concat(theirs) : undefined);
globalThis.merge = (primary, secondary) => JSON.stringify(_.mergeWith(JSON.parse(secondary), JSON.parse(primary), (ours, theirs) => concat(theirs, ours)));
`;

const source = fs.readFileSync(local.resolve("lodash"), "utf8");
const library = `globalThis._ = (() => { const module = { exports: {} }, exports = module.exports; ${source}; return module.exports; })();`;
const code = library + POLICY;
const cachedData = new ivm.Isolate().compileScriptSync(code, { produceCachedData: true }).cachedData;
globalThis._ = lodash;
new Function(POLICY)();
const warmly = globalThis.merge;

function freshly(primary, secondary) {
    const isolate = new ivm.Isolate({ memoryLimit: 128 });
    const context = isolate.createContextSync();
    isolate.compileScriptSync(code, { cachedData }).runSync(context);
    const merged = context.evalClosureSync("return merge($0, $1)", [primary, secondary], { timeout: 1000 });
    isolate.dispose();
    return merged;
}

function median(work) {
    const taken = [];
    for (let time = 0; time < TIMES; time += 1) {
        const began = process.hrtime.bigint();
        work();
        taken.push(Number(process.hrtime.bigint() - began) / 1000);
    }
    return taken.sort((a, b) => a - b)[TIMES / 2];
}

for (const line of fs.readFileSync(0, "utf8").trim().split("\n")) {
    const accounts = JSON.parse(line);
    const bags = [JSON.stringify(accounts.primary), JSON.stringify(accounts.secondary)];
    if (freshly(...bags) !== warmly(...bags)) throw new Error("they do not answer the same");
    console.log(JSON.stringify({ fresh: median(() => freshly(...bags)), warm: median(() => warmly(...bags)) }));
}
