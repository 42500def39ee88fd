import { expect, test } from 'vitest';
import { paneId } from '../../../../src/base/ids.js';
import { Glimpses } from '../../../../src/gateway/viewer/glimpses.js';
import { eventually } from '../../../helpers/eventually.js';
import { plainRows, SimulatedPane } from '../../../helpers/simulated-pane.js';

test('a pane is read once for all who look at it, until the last one looks no more', async () => {
  const pane = new SimulatedPane({ rows: 5, cols: 20, limit: 100 });
  pane.print(5);
  const asked: string[] = [];
  const glimpses = new Glimpses((id) => ({
    rowsOf: plainRows,
    history: async (request) => {
      asked.push(id);
      return pane.page(request);
    },
  }));
  let changes = 0;
  const onChange = (): void => void (changes += 1);
  const [first, second] = [paneId('%1'), paneId('%1')].map((id) => glimpses.look(id, onChange));
  const other = glimpses.look(paneId('%2'), () => undefined);
  await eventually('both are told', () => changes === 2);
  expect(asked).toEqual(['%1', '%2']);
  expect(first?.glimpse.screen).toBe(second?.glimpse.screen);
  expect(first?.glimpse.number).not.toBe(other.glimpse.number);
  first?.close();
  first?.close();
  const third = glimpses.look(paneId('%1'), onChange);
  expect(third.glimpse).toBe(second?.glimpse);
  second?.close();
  third.close();
  const fourth = glimpses.look(paneId('%1'), onChange);
  expect(fourth.glimpse).not.toBe(third.glimpse);
  fourth.close();
  other.close();
});
