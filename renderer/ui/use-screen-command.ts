// A screen takes over commands of the menu while it is open: finding is a matter of the list that is shown.
import { onScopeDispose, shallowReactive } from 'vue';
import type { MenuCommand } from '../../contract/app-api.ts';

const taken = shallowReactive(new Map<MenuCommand, () => void>());

/** Until the screen leaves, `run` is what the command does. */
export function useScreenCommand(command: MenuCommand, run: () => void): void {
  taken.set(command, run);
  onScopeDispose(() => {
    if (taken.get(command) === run) taken.delete(command);
  });
}

/** What the open screen does for a command, if anything. */
export const screenCommand = (command: MenuCommand): (() => void) | undefined => taken.get(command);
