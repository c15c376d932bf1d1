import { fetchUser, type User } from '../kit.ts'

const user: Promise<User> = fetchUser({ id: 'x' })
void user
