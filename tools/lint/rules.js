// @ts-check
/**
 * Rules that no package gives. Plain JavaScript, because ESLint loads its configuration without
 * our TypeScript loader (and so does every editor).
 */

/** @typedef {import("eslint").Rule.RuleModule} Rule */

/**
 * Prettier breaks code, but not comments, strings and templates.
 * @type {Rule}
 */
const lineWidth = {
  meta: {
    type: "layout",
    schema: [{ type: "integer" }],
    messages: { wide: "This line has {{columns}} columns, {{columnsMax}} are allowed." },
  },
  create(context) {
    const columnsMax = context.options[0] ?? 100;
    return {
      Program() {
        context.sourceCode.lines.forEach((text, index) => {
          const columns = [...text].length;
          if (columns <= columnsMax || /https?:\/\/\S+$/.test(text)) return;
          const line = index + 1;
          const loc = { start: { line, column: columnsMax }, end: { line, column: text.length } };
          context.report({ loc, messageId: "wide", data: { columns: `${columns}`, columnsMax } });
        });
      },
    };
  },
};

/**
 * `eslint-disable-next-line no-explicit-any -- the reason` is fine; without a reason it is not.
 * @type {Rule}
 */
const reasonForDisable = {
  meta: {
    type: "problem",
    schema: [],
    messages: { bare: "A rule is switched off without a reason: add ` -- <reason>`." },
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (!/^\s*eslint-disable/.test(comment.value)) continue;
          if (/\s--\s+\S/.test(comment.value) || !comment.loc) continue;
          context.report({ loc: comment.loc, messageId: "bare" });
        }
      },
    };
  },
};

/**
 * An error may be dropped, if a comment says why nobody needs it: in a `catch` that does not look
 * at it, and in an empty handler given to a promise.
 * @type {Rule}
 */
const reasonForSwallow = {
  meta: {
    type: "problem",
    schema: [],
    messages: { silent: "An error is dropped here without a comment that says why." },
  },
  create(context) {
    /** @param {import("estree").Node} node */
    const hasComment = (node) => context.sourceCode.getCommentsInside(node).length > 0;
    return {
      CatchClause(node) {
        const looksAway = !node.param || node.body.body.length === 0;
        if (looksAway && !hasComment(node)) context.report({ node, messageId: "silent" });
      },
      "CallExpression[callee.property.name=/^(catch|then)$/]"(node) {
        const isCatch = node.callee.property.name === "catch";
        const handler = node.arguments[isCatch ? 0 : 1];
        if (!handler || !/Function/.test(handler.type) || hasComment(handler)) return;
        const { body } = handler;
        const isEmpty =
          (body.type === "BlockStatement" && body.body.length === 0) ||
          (body.type === "Identifier" && body.name === "undefined");
        if (isEmpty) context.report({ node: handler, messageId: "silent" });
      },
    };
  },
};

/**
 * The grammar of messages: `Cannot <act>: <reason>; <what to do next>`, without a full stop. Looks
 * at what is written out; a message that begins or ends with a value is not judged there. Classes
 * `Malformed...Error` say what the bytes hold and are completed by whoever reads them.
 * @type {Rule}
 */
const errorMessage = {
  meta: {
    type: "suggestion",
    schema: [],
    messages: {
      start: 'A message begins with "Cannot <act>: ".',
      end: "A message has no full stop at its end.",
    },
  },
  create(context) {
    return {
      "NewExpression[callee.name=/Error$/]"(node) {
        if (/^Malformed/.test(node.callee.name)) return;
        const argument = node.arguments[0];
        if (!argument) return;
        const { first, last } = textEnds(argument);
        const isJudged = first !== undefined && first !== "";
        if (isJudged && !/^Cannot \S/.test(first)) context.report({ node, messageId: "start" });
        if (last?.endsWith(".")) context.report({ node, messageId: "end" });
      },
    };
  },
};

/**
 * The texts that a string expression begins and ends with, as far as they are written out.
 * @param {any} node
 * @returns {{ first?: string, last?: string }}
 */
function textEnds(node) {
  if (node.type === "Literal" && typeof node.value === "string") {
    return { first: node.value, last: node.value };
  }
  if (node.type === "TemplateLiteral") {
    return { first: node.quasis[0].value.cooked, last: node.quasis.at(-1).value.cooked };
  }
  if (node.type === "BinaryExpression" && node.operator === "+") {
    return { first: textEnds(node.left).first, last: textEnds(node.right).last };
  }
  return {};
}

export default {
  rules: {
    "error-message": errorMessage,
    "line-width": lineWidth,
    "reason-for-disable": reasonForDisable,
    "reason-for-swallow": reasonForSwallow,
  },
};
