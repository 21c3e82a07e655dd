exports.imported = async () => 7;
