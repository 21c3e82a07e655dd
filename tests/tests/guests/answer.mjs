// Answers each line of standard input by an exported policy's package, whose folder is the argument.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { answer } = await import(pathToFileURL(`${process.argv[2]}/index.js`));
for await (const line of createInterface({ input: process.stdin })) console.log(answer(line));
