const jwt = require('jsonwebtoken')

exports.verify = (token, key) => jwt.verify(token, key, { clockTolerance: 30 })
