// Line icons of one weight, drawn on 20 by 20.

const PATHS = {
  overview: 'M3 11l7-7 7 7M5 9.5V16h10V9.5',
  containers: 'M3 5h14v4H3zM3 11h14v4H3zM6 7h.01M6 13h.01',
  ports: 'M3 3h4v4H3zM8 3h4v4H8zM13 3h4v4h-4zM3 8h4v4H3zM8 8h4v4H8zM13 8h4v4h-4zM3 13h4v4H3zM8 13h4v4H8z',
  builds: 'M4 16l6-6M9 4a4 4 0 005 5l2 2-3 3-2-2a4 4 0 00-5-5z',
  images: 'M10 3l7 4-7 4-7-4zM3 11l7 4 7-4',
  networks: 'M10 4v4M10 8H5v4M10 8h5v4M8 2h4v3H8zM3 12h4v4H3zM13 12h4v4h-4z',
  admin: 'M10 2l6 2.5V9c0 4-2.5 7-6 9-3.500-2-6-5-6-9V4.500z',
  search: 'M9 3a6 6 0 100 12A6 6 0 009 3zM13.500 13.500L17 17',
  plus: 'M10 4v12M4 10h12',
  start: 'M6 4l10 6-10 6z',
  stop: 'M5 5h10v10H5z',
  restart: 'M16 10a6 6 0 11-2-4.500M16 3v4h-4',
  pause: 'M7 5v10M13 5v10',
  unpause: 'M6 4l10 6-10 6z',
  remove: 'M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11',
  nodes: 'M3 3h14v6H3zM3 11h14v6H3zM6 6h1M6 14h1',
  close: 'M5 5l10 10M15 5L5 15',
  sun: 'M10 6a4 4 0 100 8 4 4 0 000-8zM10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600L16 16M4 16l1.400-1.400M14.600 5.400L16 4',
  moon: 'M16 12A7 7 0 018 4a6.500 6.500 0 108 8z',
  book: 'M4 4h5a2 2 0 012 2v11a2 2 0 00-2-2H4zM16 4h-3a2 2 0 00-2 2v11a2 2 0 012-2h3z',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  download: 'M10 3v10M6 9l4 4 4-4M4 17h12',
  open: 'M11 4h5v5M16 4l-7 7M13 11v5H4V7h5',
  wrap: 'M3 5h14M3 10h11a3 3 0 010 6h-3M13 14l-2 2 2 2M3 15h4',
  file: 'M5 2h7l4 4v12H5zM12 2v4h4',
  folder: 'M2 5h6l2 2h8v9H2z',
  link: 'M8 12l4-4M9 5l1-1a4 4 0 016 6l-1 1M11 15l-1 1a4 4 0 01-6-6l1-1',
  columns: 'M3 4h14v12H3zM8 4v12M13 4v12',
  key: 'M12 3a5 5 0 11-4.500 7.200L3 15v2h3v-2h2v-2l1-1'
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      aria-hidden="true"
    >
      <path d={PATHS[name]} stroke-linejoin="round" stroke-linecap="round" />
    </svg>
  )
}
