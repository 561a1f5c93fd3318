// Reads and writes status lists with Digital Bazaar's library: node status.mjs < REQUEST.json
//
// REQUEST: {"read": [{"list": "<encodedList>", "indexes": [0, …]}], "write": [{"length": 131072, "indexes": [0, …]}]}.
// Prints {"read": [[true, …] or "<error>"], "written": ["<encodedList>", …]}. Reads nothing from a network.
import {createList, decodeList} from '@digitalbazaar/vc-bitstring-status-list';

let text = '';
for await (const part of process.stdin) {
  text += part;
}
const request = JSON.parse(text);

async function read({list, indexes}) {
  try {
    const decoded = await decodeList({encodedList: list});
    return indexes.map(index => decoded.getStatus(index));
  } catch (error) {
    return String(error.message);
  }
}

async function write({length, indexes}) {
  const list = await createList({length});
  indexes.forEach(index => list.setStatus(index, true));
  return list.encode();
}

const answer = {read: await Promise.all(request.read.map(read)), written: await Promise.all(request.write.map(write))};
process.stdout.write(JSON.stringify(answer));
