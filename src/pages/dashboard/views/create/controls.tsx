import { useId } from 'preact/hooks'
import { IconButton } from '../../ui/parts.tsx'
import type { Pair } from './form.ts'

type TextProps = {
  label: string
  value: string
  onInput: (value: string) => void
  placeholder?: string
  hint?: string
  fault?: string | undefined
  list?: string
  mono?: boolean
}

export function Text({ label, value, onInput, placeholder, hint, fault, list, mono }: TextProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class={`input ${mono ? 'mono' : ''}`}
        value={value}
        list={list}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-about`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <span id={`${id}-about`} class={fault ? 'fault' : 'hint'}>
        {fault ?? hint}
      </span>
    </div>
  )
}

type SelectProps<T extends string> = {
  label: string
  value: T
  options: Record<T, string>
  onChange: (value: T) => void
}

export function Select<T extends string>({ label, value, options, onChange }: SelectProps<T>) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} class="input" value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {Object.entries<string>(options).map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

type PairsProps = { names: [string, string]; add: string; pairs: Pair[]; onChange: (pairs: Pair[]) => void }

export function Pairs({ names: [first, second], add, pairs, onChange }: PairsProps) {
  const put = (index: number, change: Partial<Pair>) =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...change } : pair)))
  return (
    <div class="pairs">
      {pairs.map(({ name, value }, index) => (
        <div class="pair" key={index}>
          <input
            class="input mono"
            aria-label={first}
            placeholder={first}
            value={name}
            onInput={(event) => put(index, { name: event.currentTarget.value })}
          />
          <input
            class="input mono"
            aria-label={second}
            placeholder={second}
            value={value}
            onInput={(event) => put(index, { value: event.currentTarget.value })}
          />
          <IconButton
            icon="close"
            label={`Remove ${name || first}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <span>
        <button type="button" class="button small" onClick={() => onChange([...pairs, { name: '', value: '' }])}>
          {add}
        </button>
      </span>
    </div>
  )
}
