// Numbers as people read them: in groups of three digits.

/** `4,999`; `1,234.5`. */
export function number(n: number): string {
  const [whole = '', part] = String(n).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return part === undefined ? grouped : `${grouped}.${part}`
}
