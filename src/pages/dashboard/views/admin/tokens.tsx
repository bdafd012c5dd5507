import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { CreatedToken, CreateToken, Token } from '../../../../client/api.ts'
import { sayProblem } from '../../state/toasts.ts'
import { CopyButton, Empty, ProblemBox, Skeleton, Time, useLoad } from '../../ui/parts.tsx'
import { Remove } from '../../ui/remove.tsx'
import { Table } from '../../ui/table.tsx'
import { Text } from '../create/controls.tsx'

const SCOPES: CreateToken['scopes'] = ['read', 'containers:write', 'builds:write', 'images:write', 'exec', 'admin']

export function Tokens() {
  const { value: tokens, problem, again } = useLoad(() => ask('listTokens', {}))
  const [made, setMade] = useState<CreatedToken>()
  return (
    <>
      <New
        onMade={(token) => {
          setMade(token)
          again()
        }}
      />
      {made && (
        <section class="panel rows" role="status">
          <p>
            The token <strong>{made.name}</strong> is shown once. Copy it now.
          </p>
          <code class="secret">{made.token}</code>
          <span>
            <CopyButton text={made.token} label="Copy" />
          </span>
        </section>
      )}
      {problem && <ProblemBox problem={problem} again={again} />}
      {!tokens && !problem && <Skeleton />}
      {tokens?.length === 0 && <Empty>No tokens yet.</Empty>}
      {tokens && tokens.length > 0 && (
        <Table
          heads={['Name', 'Team', 'Scopes', 'Made', 'Last used', 'Ends']}
          items={tokens}
          row={(token) => <Row key={token.id} token={token} onGone={again} />}
        />
      )}
    </>
  )
}

function Row({
  token: { id, name, team, scopes, created_at: made, last_used_at: used, expires_at: end },
  onGone
}: {
  token: Token
  onGone: () => void
}) {
  return (
    <tr>
      <td>{name}</td>
      <td class="muted">{team}</td>
      <td>{scopes.join(', ')}</td>
      <td class="muted">
        <Time at={made} />
      </td>
      <td class="muted">{used ? <Time at={used} /> : 'never'}</td>
      <td class="muted">{end ? <Time at={end} /> : 'never'}</td>
      <td class="end">
        <Remove
          verb="revoke"
          name={name}
          warning="Requests with it are refused from now on. This cannot be undone."
          remove={() => ask('revokeToken', { id })}
          onGone={onGone}
        />
      </td>
    </tr>
  )
}

function New({ onMade }: { onMade: (token: CreatedToken) => void }) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<CreateToken['scopes']>(['read'])
  const make = async () => {
    try {
      onMade(await ask('createToken', { body: { name, scopes } }))
      setName('')
    } catch (error) {
      sayProblem('The token was not created', error)
    }
  }
  return (
    <form
      class="panel rows"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <Text label="Name of the new token" placeholder="ci" value={name} onInput={setName} />
      <div class="actions-line">
        {SCOPES.map((scope) => (
          <label class="check" key={scope}>
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={(event) =>
                setScopes(event.currentTarget.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
              }
            />
            {scope}
          </label>
        ))}
        <button type="submit" class="button" disabled={name === '' || scopes.length === 0}>
          Create
        </button>
      </div>
    </form>
  )
}
