// What the steps do, the same for all four. `SHOP` is where the shop is.

export interface Customer {
  name: string
  years: number
}

export interface Order {
  total: number
}

export function fetch_customer({ id }: { id: string }): Promise<Customer> {
  return ask(`customers/${id}`)
}

export function fetch_orders({ id }: { id: string }): Promise<Order[]> {
  return ask(`orders/${id}`)
}

export function score({ customer, orders }: { customer: Customer; orders: readonly Order[] }): number {
  return customer.years * 10 + orders.reduce((sum, { total }) => sum + total, 0)
}

export function invite({ name }: { name: string }): string {
  return `${name}, come to our dinner`
}

export function thank({ name }: { name: string }): string {
  return `${name}, thank you`
}

export function notify({ text, score }: { text: string; score: number }): Promise<{ sent: string }> {
  return ask('messages', { text: `${text} (${score})` })
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const shop = process.env.SHOP ?? 'http://127.0.0.1:8791'
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : {}
  const response = await fetch(`${shop}/${path}`, init)
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
