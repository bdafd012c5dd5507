import { setQuery } from '../../state/route.ts'
import { canChoose, shown } from './columns.ts'
import type { Sort } from './rows.ts'

type Props = { sort: Sort; isDown: boolean; isAllChosen: boolean; onChooseAll: (isChosen: boolean) => void }

export function Head({ sort, isDown, isAllChosen, onChooseAll }: Props) {
  return (
    <>
      {canChoose.value && (
        <span role="columnheader">
          <input
            type="checkbox"
            aria-label="Select all"
            checked={isAllChosen}
            onChange={(event) => onChooseAll(event.currentTarget.checked)}
          />
        </span>
      )}
      {shown.value.map((each) => (
        <span
          key={each.sort}
          role="columnheader"
          aria-sort={each.sort !== sort ? 'none' : isDown ? 'descending' : 'ascending'}
        >
          <button
            type="button"
            class="sort"
            data-on={each.sort === sort ? '' : undefined}
            onClick={() => setQuery({ sort: each.sort, down: each.sort === sort && !isDown ? '1' : undefined })}
          >
            {each.label}
            {each.sort === sort ? (isDown ? ' ↓' : ' ↑') : ''}
          </button>
        </span>
      ))}
      <span role="columnheader" class="end">
        <span class="hidden">Actions</span>
      </span>
    </>
  )
}
