// Where the contract lies: beside the library in the repository, inside it in the package from npm.

import { cp } from "node:fs/promises";
import { existsSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const packaged = fileURLToPath(new URL("../wit/policy.wit", import.meta.url));
const repository = fileURLToPath(new URL("../../../wit/policy.wit", import.meta.url));

/** The tests are never published. Seen from an installed package, `repository` is a file of the author's own project. */
const isCheckout = existsSync(new URL("../test", import.meta.url));

/** The path of policy.wit. */
export const contract = () => (isCheckout ? repository : packaged);

// `npm pack` runs this file.
if (argv[1] === fileURLToPath(import.meta.url)) await cp(repository, packaged);
