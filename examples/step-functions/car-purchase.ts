// Validates the purchase of a car: parse, check, update three records at once, tell the customer. Any step can be made to
// fail, and then the failure handler runs:
//
//   stepflow run car-purchase.ts --input-json '{"transaction":"T-1","fail":"update_payment_db_record"}'

import { StepFunction } from 'stepflow'

export interface Purchase {
  transaction: string
  valid?: boolean
  /** The function that is to fail. */
  fail?: string
}

// Simulating the workflow steps for handling a car purchase transaction

/** Hands the purchase on, or fails if it is asked to. */
function simulate<T>(name: string, purchase: Purchase, result: T): T {
  if (purchase.fail === name) throw new Error(`${name} failed`)
  return result
}

function parse_car_purchase_transaction(purchase: Purchase) {
  return simulate('parse_car_purchase_transaction', purchase, purchase)
}

/** A branch goes by the result alone; what later steps need of the purchase they find in `context.results`. */
function check_if_car_purchase_transaction_is_valid(purchase: Purchase) {
  const result = purchase.valid === false ? 'invalid' : 'valid'
  return simulate('check_if_car_purchase_transaction_is_valid', purchase, result)
}

interface Context {
  readonly results: Readonly<Record<string, unknown>>
}

function purchaseOf(context: Context): Purchase {
  return context.results.Parse_Car_Purchase_Transaction as Purchase
}

function send_notification_to_user_email(_: unknown, context: Context) {
  const purchase = purchaseOf(context)
  return simulate('send_notification_to_user_email', purchase, `mail about ${purchase.transaction}`)
}

function update_car_purchase_transaction_status(_: unknown, context: Context) {
  return simulate('update_car_purchase_transaction_status', purchaseOf(context), 'updated')
}

function update_shipping_db_record(_: unknown, context: Context) {
  return simulate('update_shipping_db_record', purchaseOf(context), 'shipping updated')
}

function update_payment_db_record(_: unknown, context: Context) {
  return simulate('update_payment_db_record', purchaseOf(context), 'payment updated')
}

function update_inventory_db_record(_: unknown, context: Context) {
  return simulate('update_inventory_db_record', purchaseOf(context), 'inventory updated')
}

function end_step(_: unknown, context: Context) {
  return simulate('end_step', purchaseOf(context), 'done')
}

function generic_failure_handler(error: Error) {
  return `handled: ${error.message}`
}

export const carPurchase = new StepFunction('Validate_Car_Purchase_Transaction_Workflow')

carPurchase.addStep('Parse_Car_Purchase_Transaction', {
  func: parse_car_purchase_transaction,
  nextStep: 'Check_If_Car_Purchase_Transaction_Is_Valid',
  onFailure: 'Generic_Failure_Handler',
})

carPurchase.addStep('Check_If_Car_Purchase_Transaction_Is_Valid', {
  func: check_if_car_purchase_transaction_is_valid,
  branch: {
    valid: 'Update_Company_DB_Records',
    invalid: 'Send_Notification_To_User_Email',
  },
  onFailure: 'Generic_Failure_Handler',
})

// Parallel validation steps
carPurchase.addStep('Update_Company_DB_Records', {
  func: {
    update_shipping_db_record,
    update_payment_db_record,
    update_inventory_db_record,
  },
  nextStep: 'Update_Car_Purchase_Transaction_Status',
  parallel: true,
  stopOnFailure: false,
})

carPurchase.addStep('Update_Car_Purchase_Transaction_Status', {
  func: update_car_purchase_transaction_status,
  nextStep: 'Send_Notification_To_User_Email',
  onFailure: 'Generic_Failure_Handler',
})

carPurchase.addStep('Send_Notification_To_User_Email', {
  func: send_notification_to_user_email,
  nextStep: 'End',
  onFailure: 'Generic_Failure_Handler',
})

carPurchase.addStep('End', { func: end_step })

carPurchase.addStep('Generic_Failure_Handler', { func: generic_failure_handler })

carPurchase.setStartStep('Parse_Car_Purchase_Transaction')
