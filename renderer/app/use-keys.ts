// Commands from the keyboard and from the native menu. The same press can come both ways; it counts once.
import { onScopeDispose } from 'vue';
import type { MenuCommand } from '../../contract/app-api.ts';
import { useBackend } from '../backend/backend.ts';
import { commandOf, isMac } from './shortcuts.ts';

const samePress = 150;

export function useKeys(carryOut: (command: MenuCommand) => void, showShortcuts: () => void): void {
  const backend = useBackend();
  let last: { command: MenuCommand; from: 'keys' | 'menu'; at: number } | undefined;
  const heard = (command: MenuCommand, from: 'keys' | 'menu') => {
    const at = performance.now();
    const twice = last && last.command === command && last.from !== from && at - last.at < samePress;
    last = { command, from, at };
    if (!twice) carryOut(command);
  };
  const down = (e: KeyboardEvent) => {
    if (e.defaultPrevented) return;
    const command = commandOf(e, isMac);
    if (command) {
      e.preventDefault();
      if (!e.repeat) heard(command, 'keys');
    } else if (e.key === '?' && !e.ctrlKey && !e.metaKey && !e.altKey && !isWriting(e.target)) {
      e.preventDefault();
      showShortcuts();
    }
  };
  document.addEventListener('keydown', down);
  const end = backend.on('menu', (command) => heard(command, 'menu'));
  onScopeDispose(() => {
    document.removeEventListener('keydown', down);
    end();
  });
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
