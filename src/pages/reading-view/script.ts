/** Enhancements with scripts: search operations, and copy samples. The page is readable without them. */
export const readingViewScript = `
const menu = document.getElementById('menu')
const operations = [...menu.querySelectorAll('li a')].map((link) => {
  const element = document.getElementById(link.hash.slice(1))
  return { element, item: link.parentElement, text: (link.title + ' ' + element.textContent).toLowerCase() }
})

const field = document.createElement('input')
field.type = 'search'
field.placeholder = 'Search   /'
field.setAttribute('aria-label', 'Search the operations')
const found = document.createElement('p')
found.className = 'found'
found.setAttribute('role', 'status')
menu.querySelector('.brand').after(field, found)

function search() {
  const words = field.value.toLowerCase().split(' ').filter(Boolean)
  let count = 0
  for (const { element, item, text } of operations) {
    const isFound = words.every((word) => text.includes(word))
    if (isFound) count++
    element.hidden = item.hidden = !isFound
  }
  for (const group of document.querySelectorAll('.group')) group.hidden = !group.querySelector('.operation:not([hidden])')
  for (const group of menu.querySelectorAll('details')) group.hidden = !group.querySelector('li:not([hidden])')
  found.textContent = words.length === 0 ? '' : count === 1 ? '1 operation' : count + ' operations'
}
field.addEventListener('input', search)
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== field) {
    event.preventDefault()
    field.focus()
  }
  if (event.key === 'Escape' && document.activeElement === field) {
    field.value = ''
    search()
  }
})
// A link to an operation that the search hides still works.
addEventListener('hashchange', () => {
  const target = document.getElementById(location.hash.slice(1))
  if (!target?.closest('[hidden]')) return
  field.value = ''
  search()
  target.scrollIntoView()
})

// Browsers offer the clipboard only to pages over TLS or from this machine.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const isCopied = document.execCommand('copy')
  area.remove()
  if (!isCopied) throw new Error('not allowed')
}
for (const sample of document.querySelectorAll('.sample pre')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Copy'
  button.addEventListener('click', async () => {
    const isCopied = await copy(sample.textContent).then(() => true, () => false)
    button.textContent = isCopied ? 'Copied' : 'Not allowed'
    setTimeout(() => { button.textContent = 'Copy' }, 2000)
  })
  sample.before(button)
}
`
