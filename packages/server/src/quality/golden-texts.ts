/**
 * Texts with the verdict that a careful reader gives them, written for this project. `because` lists issues that the verdict
 * has to name; others may stand beside them.
 */
import type { ContentType, QualityIssueCode } from "@throughline/protocol";

export interface GoldenText {
  readonly name: string;
  readonly contentType: ContentType;
  readonly question?: string;
  readonly strict?: boolean;
  readonly text: string;
  /** Empty: it passes. */
  readonly because: readonly QualityIssueCode[];
}

const slow = "Why is the checkout slow, and what should we do?";
const growth = "How did revenue develop between the first and the second quarter?";

export const goldenTexts: readonly GoldenText[] = [
  // Optimization
  {
    name: "an index, with the numbers before and after",
    contentType: "optimization",
    question: slow,
    text: "The checkout is slow because `orders.customer_id` has no index: p95 is 820 ms at 300 requests/s. Add an index on `orders(customer_id, created_at)` and cache the product list in Redis for 60 s. In staging p95 fell from 820 ms to 140 ms and CPU from 85% to 40%.",
    because: [],
  },
  {
    name: "a pool that is too small",
    contentType: "optimization",
    question: "How can we speed up the API under load?",
    text: "Under load the API waits for database connections: the pool holds 10, and 64 requests queue for 300 ms. Set `POOL_SIZE=40` in api.env and restart the API. Limit each query to 2 s with `statement_timeout`. Expect the p99 to drop from 1.9 s to about 400 ms.",
    because: [],
  },
  {
    name: "steps for a build that takes too long",
    contentType: "optimization",
    question: "How do we make the build faster?",
    text: "The build takes 14 minutes; 9 of them are `npm ci` because nothing is cached.\n- Cache `~/.npm` by the hash of package-lock.json: saves 6 minutes.\n- Run lint and tests in 2 jobs: saves 3 minutes.\n- Use `tsc -b` so that unchanged packages are skipped.",
    because: [],
  },
  {
    name: "memory that is never given back",
    contentType: "optimization",
    question: "Memory grows until the worker dies. What can we do?",
    text: "The worker leaks because `sessionCache` never removes entries: it grows by 40 MB per hour and dies at 512 MB. Limit `sessionCache` to 5,000 entries with an LRU and remove sessions after 30 minutes. Measured over 24 hours, memory then stays at 180 MB.",
    because: [],
  },
  {
    name: "words that fit anything",
    contentType: "optimization",
    question: slow,
    text: "It is important to note that performance can be improved in many ways. You should consider various factors and optimize your system for better results. Leverage best practices to achieve optimal performance.",
    because: ["specificity", "actionability", "generic_phrases", "score"],
  },
  {
    name: "true, but nothing to do",
    contentType: "optimization",
    question: slow,
    text: "The checkout is slow since last Tuesday. The p95 of `POST /checkout` is 820 ms, and it was 200 ms in the week before. The database CPU is at 85%.",
    because: ["actionability"],
  },
  {
    name: "advice without a single fact",
    contentType: "optimization",
    question: slow,
    text: "Try to make the queries better. Check the server and add some caching where appropriate. Also review the code and remove things that are not needed.",
    because: ["specificity"],
  },
  {
    name: "a promise nobody can keep",
    contentType: "optimization",
    question: slow,
    text: "Switch to our engine and set `mode=turbo`: it has zero latency and infinite scalability, it cannot fail, and it is guaranteed to be 100% reliable. Add 3 nodes and remove the cache.",
    because: ["hallucination_risk"],
  },
  {
    name: "a reason that is its own claim",
    contentType: "optimization",
    question: slow,
    text: "The checkout is slow because the checkout is slow. Add an index on `orders(customer_id)` and set `POOL_SIZE=40`; p95 drops from 820 ms to 140 ms.",
    because: ["circular_reasoning"],
  },
  {
    name: "another question's answer",
    contentType: "optimization",
    question: "How can we reduce the cost of image storage?",
    text: "Things are slow. Improve the performance of the system by making it more robust and scalable where possible.",
    because: ["specificity", "actionability", "score"],
  },

  // Data analysis
  {
    name: "growth, and where it comes from",
    contentType: "data_analysis",
    question: growth,
    text: "According to the ledger export, revenue rose from $1.2 million in the first quarter to $1.5 million in the second (25%). 80% of the increase came from 14 enterprise customers. Churn fell from 4.1% to 3.2%, so retention explains part of it.",
    because: [],
  },
  {
    name: "a funnel with a break",
    contentType: "data_analysis",
    question: "Where do we lose people in the sign-up funnel?",
    text: "Of 10,000 visitors in the dashboard, 3,100 open the sign-up form (31%), 1,240 submit it (40%) and 1,180 confirm their email (95%). We lose most people in the form: 60% leave it. On phones 72% leave it, on desktops 44%, which suggests that the form is too long for a phone.",
    because: [],
  },
  {
    name: "errors by version",
    contentType: "data_analysis",
    question: "Which version causes the errors?",
    text: "From the error logs: version 2.4.1 causes 312 of 340 errors (92%) and serves 18% of the requests. Version 2.4.0 causes 28 errors at 82% of the requests. The errors began 6 minutes after the deploy of 2.4.1, so the new parser explains them.",
    because: [],
  },
  {
    name: "a comparison of two weeks",
    contentType: "data_analysis",
    question: "How did support tickets change this week?",
    text: "Tickets rose from 214 to 261 this week (22%), as of Friday's export. 38 of the 47 additional tickets are about invoices. The median answer time went up from 3 hours to 5 hours, because invoices need 2 people.",
    because: [],
  },
  {
    name: "no figure at all",
    contentType: "data_analysis",
    question: growth,
    text: "Revenue developed well between the first and the second quarter. Enterprise customers contributed a lot, and churn was somewhat lower than before. This suggests that the strategy works.",
    because: ["quantification", "score"],
  },
  {
    name: "figures that answer something else",
    contentType: "data_analysis",
    question: "Which marketing channel brings the cheapest customers?",
    text: "The office has 42 desks and 38 people, 90% of whom come on Tuesdays. The room is 120 points of 150 in the survey. Energy fell by 12% compared with May.",
    because: ["relevance"],
  },
  {
    name: "figures from nowhere",
    contentType: "data_analysis",
    question: growth,
    text: "Revenue is guaranteed to be 1,234,567 dollars, studies show that 98,765 customers always come back, and everyone agrees that it never falls. Experts say it will be 4,500,000 dollars, up 40% from 25%.",
    because: ["hallucination_risk"],
  },
  {
    name: "boilerplate around one number",
    contentType: "data_analysis",
    question: growth,
    text: "In today's fast-paced world, data plays a crucial role. There are many factors to consider when it comes to revenue in a quarter. At the end of the day it depends on various factors. It was 5.",
    because: ["generic_phrases", "quantification"],
  },

  // Action plan
  {
    name: "who does what until when",
    contentType: "action_plan",
    question: "What do we do about the leaked key?",
    text: "1. Today, platform team: revoke the leaked key and rotate it.\n2. By Wednesday, Maria: add a secret scanner to the CI.\n3. Next week, security team: review the access logs of the last 30 days and report what was read.",
    because: [],
  },
  {
    name: "a launch in four weeks",
    contentType: "action_plan",
    question: "Plan the launch of the mobile app.",
    text: "- Week 1: the design team will fix the 6 open screens, then send them to QA.\n- Week 2: QA will test on 12 phones and report blockers daily.\n- Week 3: the lead will submit the app to both stores.\n- Week 4: marketing will send the launch mail to 8,000 users on Monday.",
    because: [],
  },
  {
    name: "an office that moves",
    contentType: "action_plan",
    question: "What has to be done for the move of the office?",
    text: "First, finance signs the contract by March 3. Then the office manager should book the movers for March 20 and order 40 boxes. Before March 15, each team should pack its shelves. On March 21, IT will connect 42 desks and test the network.",
    because: [],
  },
  {
    name: "a restore that was rehearsed",
    contentType: "action_plan",
    question: "How do we recover when the database is lost?",
    text: "1. The on-call engineer should stop the API first: run `deploy stop api`.\n2. Within 15 minutes, restore the last backup with `restore.sh --latest`.\n3. Then check the head of 3 feeds and start the API.\n4. The lead will notify customers within 1 hour.",
    because: [],
  },
  {
    name: "wishes",
    contentType: "action_plan",
    question: "What do we do about the leaked key?",
    text: "Security is of great importance. The team has a strong commitment to a better culture of security this year, and everyone is aware of the significance of the matter.",
    because: ["actionability"],
  },
  {
    name: "work for nobody, at no time",
    contentType: "action_plan",
    question: "Plan the launch.",
    text: "Fix screens. Test the app. Submit it. Send mails.",
    because: ["completeness"],
  },
  {
    name: "a description of a plan",
    contentType: "action_plan",
    question: "Plan the launch.",
    text: "The plan is comprehensive. It is a holistic approach with several phases, each of which is robust. The team is confident, and the outcome looks promising this month.",
    because: ["actionability", "score"],
  },

  // Report
  {
    name: "a migration at four fifths",
    contentType: "report",
    text: "Summary: the migration is 80% done. 42 of 53 services run on the new cluster. There were 3 incidents, the longest of 18 minutes. Next week we will move billing and search. Risk: the license of the old database ends on March 31.",
    because: [],
  },
  {
    name: "a week of support",
    contentType: "report",
    text: "Status of this week: 261 tickets came in, 240 were closed, and the median answer took 5 hours. Two people were ill on Thursday. 38 tickets were about the new invoice layout. We recommend a note in the invoice mail; Ana will write it by Tuesday.",
    because: [],
  },
  {
    name: "an incident",
    contentType: "report",
    text: "In short: checkout was down for 23 minutes on May 4. 1,240 orders failed, according to the payment log. A migration locked the `orders` table. It was rolled back at 10:41. Next, migrations will run with `lock_timeout=2s`, and the deploy script should check it.",
    because: [],
  },
  {
    name: "costs of a month",
    contentType: "report",
    text: "Overall the cloud bill fell from $41,200 to $35,900 in April, as the invoice shows. Storage fell by 31% because old snapshots were removed. Compute rose by 4%. We plan to move 12 batch jobs to spot instances in May and expect $2,000 less.",
    because: [],
  },
  {
    name: "the same sentence three times",
    contentType: "report",
    text: "Summary: the migration of services to the cluster is done to 80%. The migration of the services to the cluster is 80% done. Services' migration to the cluster is done to 80%. Next week we will plan 3 more things.",
    because: ["redundancy"],
  },
  {
    name: "nothing measured, nothing next",
    contentType: "report",
    text: "The team worked hard. Morale was great and the atmosphere was very nice, and the cooperation with the other departments was really good too.",
    because: ["completeness", "score"],
  },
  {
    name: "numbers without a word of what they mean",
    contentType: "report",
    text: "42. 53. 3. 18. 31.",
    because: ["completeness", "score"],
  },
  {
    name: "a brochure",
    contentType: "report",
    text: "Overall, our cutting-edge, state-of-the-art and world-class platform takes things to the next level. It is a game-changing solution that unlocks your full potential. Next year will be seamless. 5 stars.",
    because: ["generic_phrases"],
  },

  // Triage
  {
    name: "how bad, what, and where to",
    contentType: "triage",
    text: "Severity high: login fails for 12% of users since 09:40 because the session store is full. Restart the store and assign the ticket to the platform team.",
    because: [],
  },
  {
    name: "a low one for the right queue",
    contentType: "triage",
    text: "Priority low. The export button of the report page has the wrong label in Spanish; nothing fails. Route to the web team and fix it with the next release.",
    because: [],
  },
  {
    name: "a duplicate",
    contentType: "triage",
    text: "P2: the error `ECONNRESET` on /v1/export is the same issue as #4312. Close this ticket, link it to #4312 and notify the data team, which owns the exporter.",
    because: [],
  },
  {
    name: "a security case",
    contentType: "triage",
    text: "Critical: an access token appears in the logs of `gateway` 2.4.1, so anybody with log access can read it. Revoke the tokens of today, roll back to 2.4.0, and escalate to security on-call now.",
    because: [],
  },
  {
    name: "somebody should look",
    contentType: "triage",
    text: "There seems to be something strange with the system. Perhaps somebody has time for it at some point.",
    because: ["completeness", "actionability", "score"],
  },
  {
    name: "a severity and nothing else",
    contentType: "triage",
    text: "This is a medium one.",
    because: ["completeness", "actionability", "score"],
  },

  // Error message
  {
    name: "what, why, and what to do",
    contentType: "error_message",
    text: "Unable to upload report.pdf: it has 12 MB and the limit is 10 MB. Compress the file or split it, then upload it again.",
    because: [],
  },
  {
    name: "a port in use",
    contentType: "error_message",
    text: "Unable to start: port 3000 is in use. Stop the other process, or choose another port with `--port`.",
    because: [],
  },
  {
    name: "a wrong password",
    contentType: "error_message",
    text: "Sign-in failed because the password does not match this email address. Check the spelling, or reset the password.",
    because: [],
  },
  {
    name: "a full disk",
    contentType: "error_message",
    text: "Unable to store the message: the disk of /var/data is full. Remove old files, then send the message again; nothing was stored.",
    because: [],
  },
  {
    name: "oops",
    contentType: "error_message",
    text: "Something went wrong.",
    because: ["actionability", "score"],
  },
  {
    name: "a code and capital letters",
    contentType: "error_message",
    text: "FATAL ERROR OCCURRED DURING EXECUTION OF OPERATION XJ99.",
    because: ["actionability"],
  },
  {
    name: "an apology",
    contentType: "error_message",
    text: "We are very sorry for the inconvenience. Our team is really working hard for a great experience, and we appreciate your patience very much.",
    because: ["actionability"],
  },
  {
    name: "one breathless sentence",
    contentType: "error_message",
    text: "While the system was trying to process the request that you have sent to it a problem was encountered in the module that is responsible for the processing of requests of this kind and as a consequence of this problem the processing could not be completed in the way in which it would normally have been completed, so retry.",
    because: ["clarity"],
  },

  // General
  {
    name: "a plain answer",
    contentType: "general",
    question: "When is the meeting?",
    text: "The meeting is on Tuesday at 10:00 in room 4. Bring the printed contracts.",
    because: [],
  },
  {
    name: "an explanation",
    contentType: "general",
    question: "What is a mutex?",
    text: "A mutex is a lock that one thread holds at a time. Whoever wants it while it is held waits until it is given back. It keeps two threads from changing the same data at once.",
    because: [],
  },
  {
    name: "a recipe",
    contentType: "general",
    question: "How do I cook rice?",
    text: "Rinse 200 g of rice until the water is clear. Cook it with 400 ml of water and a pinch of salt on low heat for 12 minutes, covered. Then let the rice rest for 10 minutes.",
    because: [],
  },
  {
    name: "code with two sentences",
    contentType: "general",
    question: "How do I read a file in Node?",
    text: "In Node, read a file with `readFile`:\n```js\nimport { readFile } from 'node:fs/promises';\nconst text = await readFile('notes.txt', 'utf8');\n```\nIt rejects when the file is missing.",
    because: [],
  },
  {
    name: "I do not know",
    contentType: "general",
    question: "Who won the match yesterday?",
    text: "I cannot tell who won the match yesterday: my data ends before it. The league's page lists yesterday's results.",
    because: [],
  },
  {
    name: "a translation",
    contentType: "general",
    question: "What does the word saudade mean?",
    text: 'Saudade is a Portuguese word for the longing for somebody or something absent. The word has no exact English counterpart; "yearning" comes close.',
    because: [],
  },
  {
    name: "nothing",
    contentType: "general",
    text: "",
    because: ["empty", "score"],
  },
  {
    name: "white space and dashes",
    contentType: "general",
    text: " \n - \n — \n",
    because: ["empty", "score"],
  },
  {
    name: "all the phrases",
    contentType: "general",
    question: "How do I choose a database?",
    text: "Great question! When it comes to databases, there are many factors to consider. It depends on various factors. At the end of the day, best practices play a key role. I hope this helps, feel free to ask.",
    because: ["generic_phrases"],
  },
  {
    name: "round and round",
    contentType: "general",
    question: "Why is the sky blue?",
    text: "The sky is blue because it is blue.",
    because: ["circular_reasoning"],
  },
  {
    name: "a circle with other endings",
    contentType: "general",
    question: "Why did the deploy fail?",
    text: "The deploy failed due to a failing deploy. The team is informed.",
    because: ["circular_reasoning"],
  },
  {
    name: "a salesman",
    contentType: "general",
    question: "Is the product secure?",
    text: "The product is secure: it cannot be hacked, it has zero risk, it always works for everyone, and experts agree that it is undoubtedly the best in the world.",
    because: ["hallucination_risk"],
  },
  {
    name: "a sentence that never ends",
    contentType: "general",
    question: "What is the process?",
    text: "The process is something that is basically very much related to several aspects which are somewhat different from the various other things that are usually really relevant for the many people who are generally involved in some way in the appropriate parts of the proper processes and perhaps also quite often in the respective other issues of some kind.",
    because: ["clarity"],
  },
  {
    name: "said thrice",
    contentType: "general",
    question: "How long does delivery take?",
    text: "Delivery takes three working days. The delivery takes three working days. Three working days is what the delivery takes.",
    because: ["redundancy"],
  },

  // Strict
  {
    name: "good enough, but not strictly",
    contentType: "triage",
    strict: true,
    text: "Priority low. The label of the button is wrong; it has an error. The web team can look at it.",
    because: ["score"],
  },
  {
    name: "good, strictly as well",
    contentType: "action_plan",
    strict: true,
    question: "What do we do about the leaked key?",
    text: "1. Today, platform team: revoke the leaked key in `vault` and rotate it within 2 hours.\n2. By Wednesday, Maria: add a secret scanner to the CI.\n3. Next week, security team: review the access logs of the last 30 days.",
    because: [],
  },
];
