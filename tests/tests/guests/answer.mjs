// Answers each line of standard input by an exported policy's package, whose folder is the argument. A line that the package refuses is answered as the host does it.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { answer } = await import(pathToFileURL(`${process.argv[2]}/index.js`));

function answered(line) {
  try {
    return answer(line);
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return JSON.stringify({ error: error.message });
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(answered(line));
