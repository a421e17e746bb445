// The places of the rail, in its order, and the title of each screen.
import {
  mdiChartMultiline,
  mdiCogOutline,
  mdiContentSaveOutline,
  mdiDatabaseOutline,
  mdiEngineOutline,
  mdiFormatListBulleted,
  mdiInformationOutline,
} from '@mdi/js';

export const places = [
  { name: 'runs', title: 'Runs', icon: mdiFormatListBulleted },
  { name: 'compare', title: 'Compare', icon: mdiChartMultiline },
  { name: 'checkpoints', title: 'Checkpoints', icon: mdiContentSaveOutline },
  { name: 'datasets', title: 'Datasets', icon: mdiDatabaseOutline },
  { name: 'engines', title: 'Engines', icon: mdiEngineOutline },
  { name: 'settings', title: 'Settings', icon: mdiCogOutline },
] as const;
export const about = { name: 'about', title: 'About', icon: mdiInformationOutline } as const;

/** Screens that belong to a place of another name. */
const within: Record<string, string> = { run: 'runs', 'new-run': 'runs' };
export const placeOf = (route: string): string => within[route] ?? route;

/** Title of the window on a route; `run` is the name of the run that is open. */
export function titleOf(route: string, run: string | undefined): string {
  const screen =
    route === 'new-run' ? 'New run' : route === 'run' ? run : [...places, about].find((p) => p.name === route)?.title;
  return screen ? `${screen} · Unsmooth` : 'Unsmooth';
}
