// xterm.js writes style elements and style attributes, which the policy of the page forbids. From the first terminal on, style
// elements that scripts create become style sheets of the document, and style attributes go through the object model: the
// policy allows both. xterm.js has an option for another document, but uses the global one in places.

export function allowStyles(): void {
  const create = document.createElement.bind(document)
  document.createElement = (name: string, options?: ElementCreationOptions) => {
    if (name === 'style') return sheetLike(create('template'))
    const element = create(name, options)
    if (name === 'span')
      element.setAttribute = (key, value) => {
        if (key === 'style') element.style.cssText = value
        else Element.prototype.setAttribute.call(element, key, value)
      }
    return element
  }
}

/** Its text becomes a style sheet while it exists. */
function sheetLike(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets.push(sheet)
  Object.defineProperty(element, 'textContent', { set: sheet.replaceSync.bind(sheet) })
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet)
    Element.prototype.remove.call(element)
  }
  return element
}
